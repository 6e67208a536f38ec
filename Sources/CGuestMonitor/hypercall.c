#include "monitor.h"

// Numbers: include/xen/interface/xen.h.
enum {
    MMU_UPDATE = 1,
    STACK_SWITCH = 3,
    FPU_TASKSWITCH = 5,
    UPDATE_DESCRIPTOR = 10,
    MULTICALL = 13,
    UPDATE_VA_MAPPING = 14,
    SET_SEGMENT_BASE = 25,
    MMUEXT_OP = 26,
};

// enum of set_segment_base.
enum { BASE_FS = 0, BASE_GS_USER = 1, BASE_GS_KERNEL = 2, SELECTOR_GS_USER = 3 };

struct entry {
    uint64_t number;
    int64_t result;
    uint64_t arguments[6];
};

NATIVE static int64_t set_segment_base(uint64_t which, uint64_t value) {
    switch ((uint32_t)which) {
    case BASE_FS: __asm__ volatile("wrfsbase %0" ::"r"(value)); return 0;
    case BASE_GS_USER: gm_state()->user_gs = value; return 0;
    case BASE_GS_KERNEL:
        gm_state()->kernel_gs = value;
        __asm__ volatile("wrgsbase %0" ::"r"(value));
        return 0;
    case SELECTOR_GS_USER:
        // Only the null selector: there are no descriptors of the guest's own.
        gm_state()->user_gs = 0;
        return 0;
    default: return gm_ask(SET_SEGMENT_BASE, which, value, 0, 0, 0);
    }
}

NATIVE static int64_t one(
    uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t number, struct gm_flush *flush) {
    if (number < GM_COUNT_LIMIT) gm_state()->counts[number]++;
    switch (number) {
    case MMU_UPDATE: return gm_mmu_update((const uint64_t *)a0, a1, (uint32_t *)a2);
    case UPDATE_VA_MAPPING: return gm_update_va_mapping(a0, a1, a2, flush);
    case MMUEXT_OP: return gm_mmuext_op((const uint64_t *)a0, a1, (uint32_t *)a2, flush);
    case STACK_SWITCH: gm_state()->kernel_stack = a1; return 0;
    case SET_SEGMENT_BASE: return set_segment_base(a0, a1);
    // The task-switched flag is not needed: vector state is switched eagerly. Descriptors are the monitor's.
    case FPU_TASKSWITCH:
    case UPDATE_DESCRIPTOR: return 0;
    default: return gm_ask(number, a0, a1, a2, a3, a4);
    }
}

NATIVE int64_t gm_hypercall(
    uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t number) {
    struct gm_flush flush = {0, 0, 0};
    int64_t result = 0;
    number = (uint32_t)number;
    if (number == MULTICALL) {
        struct entry *entries = (struct entry *)a0;
        gm_state()->counts[MULTICALL]++;
        for (uint64_t i = 0; i < a1; i++) {
            const uint64_t *a = entries[i].arguments;
            entries[i].result = one(a[0], a[1], a[2], a[3], a[4], (uint32_t)entries[i].number, &flush);
        }
    } else {
        result = one(a0, a1, a2, a3, a4, number, &flush);
    }
    gm_flush_done(&flush);
    return result;
}
