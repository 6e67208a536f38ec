// What the files of the monitor share. All of it runs in the guest: no library, no data but the guest's.
#ifndef HULL_MONITOR_H
#define HULL_MONITOR_H

#include <stddef.h>
#include <stdint.h>

#include "CGuestMonitor.h"

#define NATIVE __attribute__((section("guest_monitor_native"), retain, used, visibility("hidden")))
#define INLINE __attribute__((always_inline)) static inline

struct gm_frame {
    uint64_t rip, cs, rflags, rsp, ss;
};

struct gm_state {
    uint64_t kernel_root, user_root, kernel_stack, in_user, vcpu_info, syscall_entry, fault_entry, fault_mask;
    uint64_t user_gs, kernel_gs, scratch[2], memory_size, kernel_hooks[2], user_hooks[2], lstar;
    uint64_t processor_bit, next;
    uint64_t trap_root, user_rax, service_root, caller;
    uint64_t unused[8];
    struct gm_frame user_trap;
    uint64_t unused_1[3];
    struct gm_frame kernel_fault;
    uint64_t unused_2[3];
    struct gm_frame service;
    uint64_t unused_3[3];
    struct gm_frame undefined;
    uint64_t unused_4[3];
    uint64_t counts[GM_COUNT_LIMIT];
};

_Static_assert(offsetof(struct gm_state, in_user) == GM_IN_USER, "offset");
_Static_assert(offsetof(struct gm_state, user_gs) == GM_USER_GS, "offset");
_Static_assert(offsetof(struct gm_state, memory_size) == GM_MEMORY_SIZE, "offset");
_Static_assert(offsetof(struct gm_state, kernel_hooks) == GM_KERNEL_HOOKS, "offset");
_Static_assert(offsetof(struct gm_state, user_hooks) == GM_USER_HOOKS, "offset");
_Static_assert(offsetof(struct gm_state, lstar) == GM_LSTAR, "offset");
_Static_assert(offsetof(struct gm_state, processor_bit) == GM_PROCESSOR_BIT, "offset");
_Static_assert(offsetof(struct gm_state, next) == GM_NEXT, "offset");
_Static_assert(offsetof(struct gm_state, user_trap) == GM_FRAME_USER_TRAP, "offset");
_Static_assert(offsetof(struct gm_state, kernel_fault) == GM_FRAME_KERNEL_FAULT, "offset");
_Static_assert(offsetof(struct gm_state, trap_root) == GM_TRAP_ROOT, "offset");
_Static_assert(offsetof(struct gm_state, service_root) == GM_SERVICE_ROOT, "offset");
_Static_assert(offsetof(struct gm_state, caller) == GM_CALLER, "offset");
_Static_assert(offsetof(struct gm_state, service) == GM_FRAME_SERVICE, "offset");
_Static_assert(offsetof(struct gm_state, undefined) == GM_FRAME_UNDEFINED, "offset");
_Static_assert(offsetof(struct gm_state, counts) == GM_COUNTS, "offset");

/// The state of the processor in whose copy of the code this is.
INLINE volatile struct gm_state *gm_state(void) {
    volatile struct gm_state *state;
    __asm__("lea gm_native_start + %c1(%%rip), %0" : "=r"(state) : "i"(GM_STATE - GM_NATIVE_ANCHOR));
    return state;
}

// --- page tables, by the window onto all of memory ---

#define GM_PRESENT 1ull
#define GM_WRITABLE 2ull
#define GM_USER 4ull
#define GM_ACCESSED 0x20ull
#define GM_DIRTY 0x40ull
#define GM_LARGE 0x80ull
#define GM_GLOBAL 0x100ull
#define GM_FRAME_MASK 0x000ffffffffff000ull

/// The entry of a page table at a physical address, which is below the end of memory.
INLINE volatile uint64_t *gm_entry(uint64_t address) { return (volatile uint64_t *)(GM_MEMORY_VA + (address & ~7ull)); }

INLINE int gm_is_memory(uint64_t address) { return address < gm_state()->memory_size; }

/// Sets the user bit in an entry that another processor may be changing.
///
/// - Returns: whether it was set; not where the entry has changed meanwhile.
INLINE int gm_open_entry(volatile uint64_t *entry, uint64_t value) {
    return __sync_bool_compare_and_swap(entry, value, value | GM_USER);
}

/// What translations a list of updates has to drop, in one go at its end.
struct gm_flush {
    uint64_t address;
    uint32_t count;
    uint32_t all;
};

int64_t gm_mmu_update(const uint64_t *requests, uint64_t count, uint32_t *done);
int64_t gm_update_va_mapping(uint64_t address, uint64_t value, uint64_t flags, struct gm_flush *flush);
int64_t gm_mmuext_op(const uint64_t *operations, uint64_t count, uint32_t *done, struct gm_flush *flush);
void gm_hook(uint64_t root, const volatile uint64_t hooks[2]);
int64_t gm_hypercall(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t number);

// --- what ring 3 cannot do ---

/// Drops all translations; native.S.
void gm_flush_all(void) __attribute__((visibility("hidden")));

INLINE void gm_flush_done(const struct gm_flush *flush) {
    if (flush->all || flush->count) gm_flush_all();
}

/// Has the machine monitor's process do a hypercall.
INLINE int64_t gm_ask(uint64_t number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4) {
    register uint64_t r10 __asm__("r10") = a3;
    register uint64_t r8 __asm__("r8") = a4;
    int64_t result = (int64_t)number;
    __asm__ volatile("movabs %%al, %c1"
                     : "+a"(result)
                     : "i"(GM_DOORBELL_VA), "D"(a0), "S"(a1), "d"(a2), "r"(r10), "r"(r8)
                     : "memory");
    return result;
}

// Xen's error numbers are Linux's.
#define GM_EINVAL 22
#define GM_ENOSYS 38

#endif
