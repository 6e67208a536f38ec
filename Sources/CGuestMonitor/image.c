// The host's side: where in the code the entries are.
#include "CGuestMonitor.h"

#define HIDDEN __attribute__((visibility("hidden")))
extern const uint8_t gm_stub_vectors[] HIDDEN, gm_stub_page_fault[] HIDDEN;
extern const uint8_t gm_native_syscall_entry[] HIDDEN, gm_native_user_trap_entry[] HIDDEN,
    gm_native_kernel_fault_entry[] HIDDEN, gm_native_hypercall_entry[] HIDDEN, gm_native_iret_entry[] HIDDEN,
    gm_native_shared_hypercall_entry[] HIDDEN, gm_native_shared_iret_entry[] HIDDEN;

// The linker makes these for each section whose name is an identifier.
extern const uint8_t __start_guest_monitor_stubs[] HIDDEN, __stop_guest_monitor_stubs[] HIDDEN;
extern const uint8_t __start_guest_monitor_native[] HIDDEN, __stop_guest_monitor_native[] HIDDEN;
extern const uint8_t gm_native_start[] HIDDEN;

static size_t distance(const uint8_t *from, const uint8_t *to) { return (size_t)(to - from); }

const uint8_t *gm_stubs(void) { return __start_guest_monitor_stubs; }
size_t gm_stubs_size(void) { return distance(__start_guest_monitor_stubs, __stop_guest_monitor_stubs); }
const uint8_t *gm_native(void) { return __start_guest_monitor_native; }
size_t gm_native_size(void) { return distance(__start_guest_monitor_native, __stop_guest_monitor_native); }
size_t gm_native_place(void) { return GM_NATIVE_ANCHOR - distance(__start_guest_monitor_native, gm_native_start); }

size_t gm_stub_entry(unsigned vector) {
    const uint8_t *entry = vector == 14 ? gm_stub_page_fault : gm_stub_vectors + 4 * vector;
    return GM_STUBS + distance(__start_guest_monitor_stubs, entry);
}

static size_t native(const uint8_t *entry) { return GM_NATIVE_ANCHOR + distance(gm_native_start, entry); }

size_t gm_syscall_entry(void) { return native(gm_native_syscall_entry); }
size_t gm_user_trap_entry(void) { return native(gm_native_user_trap_entry); }
size_t gm_kernel_fault_entry(void) { return native(gm_native_kernel_fault_entry); }
size_t gm_patched_hypercall_entry(void) { return native(gm_native_hypercall_entry); }
size_t gm_patched_iret_entry(void) { return native(gm_native_iret_entry); }
size_t gm_shared_hypercall_entry(void) { return native(gm_native_shared_hypercall_entry); }
size_t gm_shared_iret_entry(void) { return native(gm_native_shared_iret_entry); }
