#include "monitor.h"

/// What native.S lays out of an undefined instruction in kernel mode, lowest address first.
struct gm_registers {
    uint64_t r11, r10, r9, r8, rdi, rsi, rbx, rdx, rcx, rax;
};

struct answer {
    uint32_t first, last, subleaf, has_subleaf, eax, ebx, ecx, edx;
};

struct answers {
    uint64_t count;
    uint64_t unused[3];
    struct answer answers[GM_ANSWER_LIMIT];
};

_Static_assert(sizeof(struct answer) == GM_ANSWER_SIZE, "size");
_Static_assert(sizeof(struct answers) <= 4096, "a page");

/// Whether an undefined instruction is how a kernel asks Xen for CPUID: UD2, "xen", CPUID.
NATIVE static int asks_for_identification(uint64_t rip) {
    // All on the page that was executed, so nothing here can fault.
    if ((rip & 4095) > 4096 - 7) return 0;
    const volatile uint8_t *code = (const volatile uint8_t *)rip;
    return code[0] == 0x0f && code[1] == 0x0b && code[2] == 'x' && code[3] == 'e' && code[4] == 'n' && code[5] == 0x0f
        && code[6] == 0xa2;
}

/// An undefined instruction in kernel mode. CPUID is answered from the table, where the table has the answer.
///
/// - Returns: whether the kernel may go on behind it.
NATIVE int gm_identify(struct gm_registers *registers) {
    // The exception stack ends where the state begins.
    _Static_assert(GM_EXCEPTION_STACK_TOP == GM_STATE, "places");
    const volatile uint64_t *frame = (const volatile uint64_t *)gm_state();
    if (!asks_for_identification(frame[-5])) return 0;
    const volatile struct answers *table = (const volatile struct answers *)(GM_AREA_VA + GM_ANSWERS);
    uint32_t leaf = (uint32_t)registers->rax, subleaf = (uint32_t)registers->rcx;
    for (uint64_t i = 0; i < table->count && i < GM_ANSWER_LIMIT; i++) {
        const volatile struct answer *answer = &table->answers[i];
        if (leaf < answer->first || leaf > answer->last || (answer->has_subleaf && answer->subleaf != subleaf)) continue;
        registers->rax = answer->eax;
        registers->rbx = answer->ebx;
        registers->rcx = answer->ecx;
        registers->rdx = answer->edx;
        return 1;
    }
    return 0;
}
