// The host's side: where in the code the entries are.
#include "CGuestMonitor.h"

#define HIDDEN __attribute__((visibility("hidden")))
extern const uint8_t gm_stub_vectors[] HIDDEN, gm_stub_user_fault[] HIDDEN, gm_stub_kernel_fault[] HIDDEN,
    gm_stub_service[] HIDDEN, gm_stub_undefined[] HIDDEN;
extern const uint8_t gm_native_syscall_entry[] HIDDEN, gm_native_user_trap_entry[] HIDDEN,
    gm_native_kernel_fault_entry[] HIDDEN, gm_native_hypercall_entry[] HIDDEN, gm_native_iret_entry[] HIDDEN,
    gm_native_shared_hypercall_entry[] HIDDEN, gm_native_shared_iret_entry[] HIDDEN,
    gm_native_undefined_entry[] HIDDEN, gm_native_divide_entry[] HIDDEN;

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

static const uint8_t *stub(unsigned vector, int from_user) {
    if (vector == 14) return from_user ? gm_stub_user_fault : gm_stub_kernel_fault;
    if (vector == 0 && !from_user) return gm_stub_service;
    if (vector == 6 && !from_user) return gm_stub_undefined;
    return gm_stub_vectors + 4 * vector;
}

size_t gm_stub_entry(unsigned vector, int from_user) {
    return GM_STUBS + distance(__start_guest_monitor_stubs, stub(vector, from_user));
}

static size_t native(const uint8_t *entry) { return GM_NATIVE_ANCHOR + distance(gm_native_start, entry); }

size_t gm_syscall_entry(void) { return native(gm_native_syscall_entry); }
size_t gm_user_trap_entry(void) { return native(gm_native_user_trap_entry); }
size_t gm_kernel_fault_entry(void) { return native(gm_native_kernel_fault_entry); }
size_t gm_patched_hypercall_entry(void) { return native(gm_native_hypercall_entry); }
size_t gm_patched_iret_entry(void) { return native(gm_native_iret_entry); }
size_t gm_shared_hypercall_entry(void) { return native(gm_native_shared_hypercall_entry); }
size_t gm_shared_iret_entry(void) { return native(gm_native_shared_iret_entry); }
size_t gm_undefined_entry(void) { return native(gm_native_undefined_entry); }
size_t gm_divide_entry(void) { return native(gm_native_divide_entry); }
