#include "monitor.h"

/// What native.S lays out of a page fault in kernel mode, lowest address first.
struct gm_fault {
    uint64_t address, rcx, r11, error, rip, rflags, rsp, rax;
};

struct gm_vcpu_info {
    uint8_t pending, masked;
    uint8_t unused[6];
    uint64_t selected, cr2;
};

/// Sets the user bit where it is all that a translation lacks.
///
/// - Returns: whether it was missing somewhere.
NATIVE static int open_translation(uint64_t address) {
    int opened = 0;
    uint64_t table = gm_state()->kernel_root & GM_FRAME_MASK;
    uint64_t slot = address >> 39 & 511;
    if (slot == GM_SLOT_AREA || slot == GM_SLOT_MEMORY) return 0;
    for (int level = 3; level >= 0; level--) {
        if (!gm_is_memory(table)) return opened;
        volatile uint64_t *entry = gm_entry(table + ((address >> (12 + 9 * level) & 511) << 3));
        uint64_t value = *entry;
        if (!(value & GM_PRESENT)) return opened;
        if (!(value & GM_USER)) {
            gm_open_entry(entry, value);
            // Where another processor was first, the access is repeated all the same.
            opened = 1;
        }
        if (level < 3 && (value & GM_LARGE)) return opened;
        table = value & GM_FRAME_MASK;
    }
    return opened;
}

/// A page fault in kernel mode.
///
/// - Returns: 0 to repeat the access, else the kernel's stack with the frame that its handler expects.
NATIVE uint64_t gm_kernel_fault(const struct gm_fault *fault) {
    volatile struct gm_state *state = gm_state();
    // Present, and not for the user: the kernel has filled a table by itself.
    if ((fault->error & 1) && open_translation(fault->address)) {
        gm_flush_all();
        return 0;
    }
    // The stack is about to be written: a fault there would come upon this one.
    if (open_translation(fault->rsp - 8) | open_translation(fault->rsp - 80)) gm_flush_all();
    volatile struct gm_vcpu_info *info = (volatile struct gm_vcpu_info *)state->vcpu_info;
    uint8_t masked = info->masked;
    volatile uint64_t *stack = (volatile uint64_t *)((fault->rsp & ~15ull) - 64);
    stack[0] = fault->rcx;
    stack[1] = fault->r11;
    // The processor saw ring 3; the kernel knows itself as the supervisor.
    stack[2] = fault->error & ~GM_USER & 0x1f;
    stack[3] = fault->rip;
    stack[4] = GM_CODE_0 | (uint64_t)masked << 32;
    stack[5] = (fault->rflags & ~0x200ull) | (masked ? 0 : 0x200);
    stack[6] = fault->rsp;
    stack[7] = GM_DATA_0;
    info->cr2 = fault->address;
    info->masked = masked | (uint8_t)state->fault_mask;
    return (uint64_t)stack;
}
