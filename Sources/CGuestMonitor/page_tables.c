#include "monitor.h"

// mmu_update: the low bits of a request's pointer.
enum { NORMAL_UPDATE = 0, TABLE_UPDATE = 1, UPDATE_KEEPING_BITS = 2 };

// update_va_mapping: what to drop.
enum { FLUSH_NOTHING = 0, FLUSH_ALL = 1, FLUSH_ADDRESS = 2 };

// mmuext_op.
enum {
    PIN_L1 = 0, PIN_L2 = 1, PIN_L3 = 2, PIN_L4 = 3, UNPIN = 4, NEW_ROOT = 5,
    FLUSH_LOCAL = 6, INVALIDATE_LOCAL = 7, FLUSH_SOME = 8, INVALIDATE_SOME = 9, FLUSH_EVERYWHERE = 10,
    INVALIDATE_EVERYWHERE = 11, FLUSH_CACHES = 12, SET_LOCAL_DESCRIPTORS = 13, NEW_USER_ROOT = 15,
};

/// What goes into a table: ring 3 is the kernel's too, so each mapping is the user's. User processes have roots of their
/// own, in which the kernel's half is missing.
INLINE uint64_t as_user(uint64_t value) { return value & GM_PRESENT ? value | GM_USER : value; }

NATIVE int64_t gm_mmu_update(const uint64_t *requests, uint64_t count, uint32_t *done) {
    for (uint64_t i = 0; i < count; i++) {
        uint64_t pointer = requests[2 * i], value = as_user(requests[2 * i + 1]);
        uint64_t kind = pointer & 3;
        if (kind > UPDATE_KEEPING_BITS) return gm_ask(1, (uint64_t)requests, count, (uint64_t)done, 0, 0);
        if (!gm_is_memory(pointer)) return -GM_EINVAL;
        if (kind == TABLE_UPDATE) {
            ((volatile uint64_t *)GM_TABLE_VA)[pointer >> 12] = requests[2 * i + 1];
            continue;
        }
        volatile uint64_t *entry = gm_entry(pointer);
        if (kind == UPDATE_KEEPING_BITS) {
            // Another processor may set them at any moment.
            uint64_t old = *entry, wanted;
            do
                wanted = value | (old & (GM_ACCESSED | GM_DIRTY));
            while (old != wanted
                && !__atomic_compare_exchange_n(entry, &old, wanted, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
        } else if (*entry != value) {
            *entry = value;
        }
    }
    if (done) *done = (uint32_t)count;
    return 0;
}

/// Goes down from a root to the entry of a level (3: the root's own) that maps an address.
///
/// - Returns: the entry's physical address; 0 where a table above it is missing, or a large page is in the way.
NATIVE static uint64_t find_entry(uint64_t root, uint64_t address, int level) {
    uint64_t table = root & GM_FRAME_MASK;
    for (int at = 3;; at--) {
        if (!gm_is_memory(table)) return 0;
        uint64_t entry = table + ((address >> (12 + 9 * at) & 511) << 3);
        if (at == level) return entry;
        uint64_t value = *gm_entry(entry);
        if (!(value & GM_PRESENT) || (at < 3 && (value & GM_LARGE))) return 0;
        table = value & GM_FRAME_MASK;
    }
}

NATIVE int64_t gm_update_va_mapping(uint64_t address, uint64_t value, uint64_t flags, struct gm_flush *flush) {
    uint64_t place = find_entry(gm_state()->kernel_root, address, 0);
    if (!place) return -GM_EINVAL;
    volatile uint64_t *entry = gm_entry(place);
    uint64_t old = *entry;
    value = as_user(value);
    // Page tables stay writable for the kernel, so a request that only takes the right to write from a page that stays
    // where it is goes unheard; and one that changes nothing but bits that the processor keeps is none.
    int same_page = (old & GM_PRESENT) && (value & GM_PRESENT) && !((old ^ value) & GM_FRAME_MASK);
    uint64_t kept = GM_WRITABLE | GM_ACCESSED | GM_DIRTY | GM_GLOBAL;
    int unheard = same_page && (!((old ^ value) & ~kept) || ((old & GM_WRITABLE) && !(value & GM_WRITABLE)));
    // Nothing has changed then that a translation could be stale of.
    if (unheard) return 0;
    *entry = value;
    if ((flags & 3) == FLUSH_ALL) {
        flush->all = 1;
    } else if ((flags & 3) == FLUSH_ADDRESS) {
        flush->address = address;
        flush->count++;
    }
    return 0;
}

/// Makes what a table maps the user's, and so for tables beneath it that were not yet. An entry that is the user's already
/// has been here, so each is passed once, and tables that point at each other end too.
NATIVE static void open_table(uint64_t table, int level) {
    if (!gm_is_memory(table)) return;
    for (int i = 0; i < 512; i++) {
        if (level == 3 && i >= 256 && i < 272) continue;
        volatile uint64_t *entry = gm_entry(table + 8 * (uint64_t)i);
        uint64_t value = *entry;
        if ((value & (GM_PRESENT | GM_USER)) != GM_PRESENT) continue;
        gm_open_entry(entry, value);
        if (level > 0 && !(value & GM_LARGE)) open_table(value & GM_FRAME_MASK, level - 1);
    }
}

NATIVE void gm_hook(uint64_t root, const volatile uint64_t hooks[2]) {
    for (int i = 0; i < 2; i++) {
        volatile uint64_t *entry = gm_entry(root + 8 * (uint64_t)(GM_SLOT_AREA + i));
        uint64_t hook = hooks[i];
        if ((*entry & ~(GM_ACCESSED | GM_DIRTY)) != hook) *entry = hook;
    }
}

/// Has the processors of a mask forget their translations, but for the one that is here. KVM's shadow tables are all
/// processors' alike, and yet none can be left out: one that is just taking a page fault may still put there what it read of the
/// tables before.
NATIVE static void flush_others(uint64_t processors) {
    uint64_t others = processors & ~gm_state()->processor_bit;
    if (others) gm_ask(GM_CALL_FLUSH_OTHERS, others, 0, 0, 0, 0);
}

NATIVE static int64_t extended(const uint64_t *operation, struct gm_flush *flush) {
    volatile struct gm_state *state = gm_state();
    uint32_t command = (uint32_t)operation[0];
    uint64_t frame = operation[1] << 12;
    switch (command) {
    case PIN_L1:
    case PIN_L2:
    case PIN_L3:
    case PIN_L4:
        if (!gm_is_memory(frame)) return -GM_EINVAL;
        open_table(frame, (int)command);
        return 0;
    case NEW_ROOT:
        if (!gm_is_memory(frame)) return -GM_EINVAL;
        gm_hook(frame, state->kernel_hooks);
        state->kernel_root = frame;
        state->trap_root = frame;
        flush->all = 1;
        return 0;
    case NEW_USER_ROOT:
        if (!gm_is_memory(frame)) return -GM_EINVAL;
        if (frame) gm_hook(frame, state->user_hooks);
        state->user_root = frame;
        return 0;
    case FLUSH_SOME: flush_others(*(const uint64_t *)operation[2]); flush->all = 1; return 0;
    case FLUSH_EVERYWHERE: flush_others(~0ull); flush->all = 1; return 0;
    case FLUSH_LOCAL: flush->all = 1; return 0;
    case INVALIDATE_SOME:
    case INVALIDATE_EVERYWHERE:
        flush_others(command == INVALIDATE_SOME ? *(const uint64_t *)operation[2] : ~0ull);
        flush->address = operation[1];
        flush->count++;
        return 0;
    case INVALIDATE_LOCAL:
        flush->address = operation[1];
        flush->count++;
        return 0;
    case UNPIN:
    case FLUSH_CACHES: return 0;
    // An empty table is what there is.
    case SET_LOCAL_DESCRIPTORS: return operation[2] ? -GM_ENOSYS : 0;
    default: return gm_ask(26, (uint64_t)operation, 1, 0, 0, 0);
    }
}

NATIVE int64_t gm_mmuext_op(const uint64_t *operations, uint64_t count, uint32_t *done, struct gm_flush *flush) {
    for (uint64_t i = 0; i < count; i++) {
        int64_t result = extended(operations + 3 * i, flush);
        if (result) return result;
    }
    if (done) *done = (uint32_t)count;
    return 0;
}
