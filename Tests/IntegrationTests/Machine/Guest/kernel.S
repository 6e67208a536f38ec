// A kernel of the machine's tests: it does one thing, which ends its machine. It can be started in ring 3, by Xen's PV notes, and
// in ring 0, by the PVH note; built by the tests, with the name of what it does as a macro.

        .section .note.Xen, "a", @note
        .macro note kind, size
        .long 4, \size, \kind
        .asciz "Xen"
        .endm
#ifndef WITHOUT_PV
        note 1, 8
        .quad start_pv
        note 3, 8
        .quad 0xffffffff80000000
#endif
#ifndef WITHOUT_PVH
        note 18, 4
        .long start_pvh - 0xffffffff80000000
#endif

        .text
        .global start_pv
start_pv:
        mov 88(%rsi), %r12
#ifdef POWER_OFF
        lea power_off_reason(%rip), %rsi
        jmp shut_down
#endif
#ifdef REBOOT
        lea reboot_reason(%rip), %rsi
        jmp shut_down
#endif
#ifdef PANIC
        mov $18, %eax
        xor %edi, %edi
        mov $message_end - message, %esi
        lea message(%rip), %rdx
        syscall
        lea crash_reason(%rip), %rsi
        jmp shut_down
#endif
#ifdef TRIPLE_FAULT
// Without the entry by which ring 0 sees its tables, no exception has a handler.
        movq $0, 261 * 8(%r12)
        ud2
#endif
#ifdef UNKNOWN_INSTRUCTION
        xor %eax, %eax
        .global unknown_instruction_pv
unknown_instruction_pv:
        lldt %ax
#endif
#ifdef UNKNOWN_HYPERCALL
        mov $63, %eax
        mov $1, %edi
        mov $2, %esi
        mov $3, %edx
        mov $4, %r10d
        mov $5, %r8d
        syscall
        .global after_unknown_hypercall
after_unknown_hypercall:
        lea power_off_reason(%rip), %rsi
#endif
shut_down:
        mov $29, %eax
        mov $2, %edi
        syscall
1:      jmp 1b

        .code32
start_pvh:
#ifdef POWER_OFF
        mov $0x604, %dx
        mov $0x3400, %ax
        out %ax, %dx
#endif
#ifdef PANIC
        mov $message - 0xffffffff80000000, %esi
        mov $message_end - message, %ecx
        mov $0x3f8, %dx
1:      lodsb
        out %al, %dx
        loop 1b
#endif
#if defined(REBOOT) || defined(PANIC)
        mov $0xfe, %al
        out %al, $0x64
#endif
#ifdef TRIPLE_FAULT
        lidt no_table - 0xffffffff80000000
        ud2
#endif
#ifdef UNKNOWN_INSTRUCTION
// An x87 load from where no memory is: KVM would have to do it itself.
        .set unknown_instruction_pvh, . - 0xffffffff80000000
        .global unknown_instruction_pvh
        flds 0xd0800000
#endif
1:      hlt
        jmp 1b

        .data
no_table: .quad 0
power_off_reason: .long 0
reboot_reason: .long 1
crash_reason: .long 3
message: .ascii "one\ntwo\nKernel panic - not syncing: made for a test\n"
message_end:

        .section .note.GNU-stack, "", @progbits
