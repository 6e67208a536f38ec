// Ring 3, kernel's address space: runs at the processor's own speed. This file's code lies at
// GM_NATIVE_ANCHOR.
// Addresses outside of this section are told relative to its start: the copy lies at a fixed distance from them.
#include "CGuestMonitor.h"

        .section guest_monitor_native, "axR", @progbits
        .set state, native + (GM_STATE - GM_NATIVE_ANCHOR)
        .set exception_stack, native + (GM_EXCEPTION_STACK_TOP - GM_NATIVE_ANCHOR)
        .set native_stack, native + (GM_NATIVE_STACK_TOP - GM_NATIVE_ANCHOR)

// What a program may have in its flags: all but IF, IOPL, NT and the virtual-8086 bits.
#define USER_FLAGS 0x254dd5
// What the monitor's own code has.
#define OWN_FLAGS 0x202

        .global gm_native_start
        .hidden gm_native_start
gm_native_start:
native:

        .macro save_arguments
        push %rdi
        push %rsi
        push %rdx
        push %r8
        push %r9
        push %r10
        .endm

        .macro restore_arguments
        pop %r10
        pop %r9
        pop %r8
        pop %rdx
        pop %rsi
        pop %rdi
        .endm

// No service is asked for: a division by zero is the kernel's own.
        .macro end_service register
        mov state + GM_KERNEL_ROOT(%rip), \register
        mov \register, state + GM_SERVICE_ROOT(%rip)
        lea gm_native_divide_entry(%rip), \register
        mov \register, state + GM_FRAME_SERVICE(%rip)
        lea native_stack(%rip), \register
        mov \register, state + GM_FRAME_SERVICE + 24(%rip)
        movq $OWN_FLAGS, state + GM_FRAME_SERVICE + 16(%rip)
        .endm

// The kernel's SYSCALL: number in RAX, arguments in RDI, RSI, RDX, R10, R8; SYSCALL has left RIP in RCX, RFLAGS in R11.
// From user mode the same address faults on fetch: the page is not the user's.
        .global gm_native_syscall_entry
        .hidden gm_native_syscall_entry
gm_native_syscall_entry:
        cmp $23, %eax
        je iret
        // As a call would leave it.
        push %rcx

// The kernel's function that makes hypercalls, when it was patched to jump here: the return address is on the stack.
        .global gm_native_hypercall_entry
        .hidden gm_native_hypercall_entry
gm_native_hypercall_entry:
        push %rcx
        push %r11
hypercall:
        mov 16(%rsp), %rcx
        mov %rcx, state + GM_CALLER(%rip)
        save_arguments
        mov %r10, %rcx
        mov %rax, %r9
        cld
        call gm_hypercall
        restore_arguments
        pop %r11
        pop %rcx
        ret

// This one and the next where there are several processors: on in the block of the one that is here, which in the kernel its GS tells.
// Only the first processor's copy of this is called.
        .macro continue_here label
        rdgsbase %rcx
        lea state(%rip), %r11
1:      cmp %rcx, GM_KERNEL_GS(%r11)
        je 2f
        cmpq $0, GM_NEXT(%r11)
        je 2f
        add GM_NEXT(%r11), %r11
        jmp 1b
2:      lea \label - state(%r11), %r11
        jmp *%r11
        .endm

        .global gm_native_shared_hypercall_entry
        .hidden gm_native_shared_hypercall_entry
gm_native_shared_hypercall_entry:
        push %rcx
        push %r11
        continue_here hypercall

        .global gm_native_shared_iret_entry
        .hidden gm_native_shared_iret_entry
gm_native_shared_iret_entry:
        pushq $0
        push %rcx
        push %r11
        push %rax
        continue_here iret

// The kernel's function that returns from exceptions, likewise. Stack: rip, cs, rflags, rsp, ss.
        .global gm_native_iret_entry
        .hidden gm_native_iret_entry
gm_native_iret_entry:
        pushq $0
        push %rcx
        push %r11
        push %rax

// Xen's IRET. Stack: rax, r11, rcx, flags, rip, cs, rflags, rsp, ss.
iret:   mov state + GM_VCPU_INFO(%rip), %rcx
        testl $0x200, 48(%rsp)
        jz 1f
        movb $0, 1(%rcx)
        cmpb $0, (%rcx)
        jne iret_slowly
        jmp 2f
1:      movb $1, 1(%rcx)
2:      testb $3, 40(%rsp)
        jz iret_to_kernel
        mov 32(%rsp), %rax
        mov %rax, %r11
        shl $16, %r11
        sar $16, %r11
        cmp %rax, %r11
        jne iret_slowly
        mov %rax, state + GM_FRAME_SERVICE(%rip)
        mov 48(%rsp), %rax
        and $USER_FLAGS, %eax
        or $0x200, %eax
        mov %rax, state + GM_FRAME_SERVICE + 16(%rip)
        mov 56(%rsp), %rax
        mov %rax, state + GM_FRAME_SERVICE + 24(%rip)
        mov state + GM_USER_GS(%rip), %rax
        wrgsbase %rax
        mov state + GM_USER_ROOT(%rip), %rax
        mov %rax, state + GM_SERVICE_ROOT(%rip)
        movb $1, state + GM_IN_USER(%rip)
        mov (%rsp), %rax
        mov 8(%rsp), %r11
        mov 16(%rsp), %rcx
        divb zero(%rip)
        ud2
iret_to_kernel:
        pop %rax
        pop %r11
        pop %rcx
        add $8, %rsp
        movq $GM_CODE_3, 8(%rsp)
        movq $GM_DATA_3, 32(%rsp)
        orl $0x200, 16(%rsp)
        iretq
// An event waits, or the target is no address: the machine monitor's process does it all.
iret_slowly:
        mov $23, %eax
        movabs %al, GM_DOORBELL_VA
        ud2

// Drops all translations, by loading the kernel's root, which may be a new one. For C; changes RAX alone.
        .global gm_flush_all
        .hidden gm_flush_all
gm_flush_all:
        lea 1f(%rip), %rax
        mov %rax, state + GM_FRAME_SERVICE(%rip)
        mov %rsp, state + GM_FRAME_SERVICE + 24(%rip)
        movq $OWN_FLAGS, state + GM_FRAME_SERVICE + 16(%rip)
        mov state + GM_KERNEL_ROOT(%rip), %rax
        mov %rax, state + GM_SERVICE_ROOT(%rip)
        divb zero(%rip)
1:      end_service %rax
        ret
zero:   .byte 0

// The kernel divided by zero.
        .global gm_native_divide_entry
        .hidden gm_native_divide_entry
gm_native_divide_entry:
        push %rcx
        end_service %rcx
        pop %rcx
        movabs %al, GM_DOORBELL_VA + GM_DOORBELL_EXCEPTION + 0
        ud2

// An undefined instruction of the kernel's; all registers but RSP are still its own. C sees them as struct gm_registers.
        .global gm_native_undefined_entry
        .hidden gm_native_undefined_entry
gm_native_undefined_entry:
        push %rax
        push %rcx
        push %rdx
        push %rbx
        push %rsi
        push %rdi
        push %r8
        push %r9
        push %r10
        push %r11
        mov %rsp, %rdi
        cld
        call gm_identify
        test %eax, %eax
        pop %r11
        pop %r10
        pop %r9
        pop %r8
        pop %rdi
        pop %rsi
        pop %rbx
        pop %rdx
        pop %rcx
        pop %rax
        jz 1f
        pushq $GM_DATA_3
        pushq exception_stack - 16(%rip)
        pushq exception_stack - 24(%rip)
        pushq $GM_CODE_3
        pushq exception_stack - 40(%rip)
        addq $7, (%rsp)
        iretq
1:      movabs %al, GM_DOORBELL_VA + GM_DOORBELL_EXCEPTION + 6
        ud2

// A system call or a page fault in user mode. RAX: the fault's address; the program's RAX lies in place of the root.
        .global gm_native_user_trap_entry
        .hidden gm_native_user_trap_entry
gm_native_user_trap_entry:
        mov %rcx, state + GM_SCRATCH_0(%rip)
        mov %r11, state + GM_SCRATCH_1(%rip)
        rdgsbase %rcx
        mov %rcx, state + GM_USER_GS(%rip)
        mov state + GM_KERNEL_GS(%rip), %rcx
        wrgsbase %rcx
        movb $0, state + GM_IN_USER(%rip)
        mov state + GM_TRAP_ROOT(%rip), %rcx
        mov %rcx, state + GM_USER_RAX(%rip)
        mov state + GM_KERNEL_ROOT(%rip), %rcx
        mov %rcx, state + GM_TRAP_ROOT(%rip)
        end_service %rcx
        mov state + GM_VCPU_INFO(%rip), %rcx
        mov state + GM_KERNEL_STACK(%rip), %rsp
        cmp state + GM_LSTAR(%rip), %rax
        jne 1f
        movb $1, 1(%rcx)
        pushq $GM_DATA_3
        pushq exception_stack - 16(%rip)
        push %r11
        pushq $GM_CODE_3
        pushq state + GM_SCRATCH_0(%rip)
        push %r11
        pushq state + GM_SCRATCH_0(%rip)
        mov state + GM_USER_RAX(%rip), %rax
        jmp *state + GM_SYSCALL_ENTRY(%rip)
1:      mov %rax, 16(%rcx)
        mov state + GM_FAULT_MASK(%rip), %al
        or %al, 1(%rcx)
        pushq $GM_DATA_3
        pushq exception_stack - 16(%rip)
        pushq exception_stack - 24(%rip)
        pushq $GM_CODE_3
        pushq exception_stack - 40(%rip)
        pushq exception_stack - 48(%rip)
        push %r11
        pushq state + GM_SCRATCH_0(%rip)
        mov state + GM_USER_RAX(%rip), %rax
        jmp *state + GM_FAULT_ENTRY(%rip)

// A page fault in kernel mode, on the monitor's own stack. What C needs is laid out as struct gm_fault before anything can
// fault again.
        .global gm_native_kernel_fault_entry
        .hidden gm_native_kernel_fault_entry
gm_native_kernel_fault_entry:
        push %r10
        push %r9
        push %r8
        push %rdi
        push %rsi
        push %rdx
        pushq exception_stack - 56(%rip)
        pushq exception_stack - 16(%rip)
        pushq exception_stack - 24(%rip)
        pushq exception_stack - 40(%rip)
        pushq exception_stack - 48(%rip)
        push %r11
        push %rcx
        push %rax
        mov %rsp, %rdi
        cld
        call gm_kernel_fault
        test %rax, %rax
        jz 1f
// To the kernel's handler, with the frame that C has built on the kernel's stack at RAX.
        mov %rax, state + GM_SCRATCH_0(%rip)
        add $56, %rsp
        pop %rax
        pop %rdx
        pop %rsi
        pop %rdi
        pop %r8
        pop %r9
        pop %r10
        mov state + GM_SCRATCH_0(%rip), %rsp
        jmp *state + GM_FAULT_ENTRY(%rip)
// The access was permitted after all: once more.
1:      mov 8(%rsp), %rcx
        mov 16(%rsp), %r11
        mov 64(%rsp), %rdx
        mov 72(%rsp), %rsi
        mov 80(%rsp), %rdi
        mov 88(%rsp), %r8
        mov 96(%rsp), %r9
        mov 104(%rsp), %r10
        pushq $GM_DATA_3
        pushq 48 + 8(%rsp)
        pushq 40 + 16(%rsp)
        pushq $GM_CODE_3
        pushq 32 + 32(%rsp)
        mov 56 + 40(%rsp), %rax
        iretq

        .section .note.GNU-stack, "", @progbits
