// Ring 0: interpreted by a software KVM, some 0.6 µs an instruction, so there are as few as can be. Copied to GM_STUBS.
// Addresses outside of this section are told relative to its start: the copy lies at a fixed distance from them.
#include "CGuestMonitor.h"

        .section guest_monitor_stubs, "axR", @progbits
        .set state, stubs + (GM_STATE - GM_STUBS)
        .set exception_stack, stubs + (GM_EXCEPTION_STACK_TOP - GM_STUBS)

stubs:
// All exceptions but the page fault: the machine monitor's process reads the frame and does the rest.
        .global gm_stub_vectors
        .hidden gm_stub_vectors
gm_stub_vectors:
        .set vector, 0
        .rept 32
        out %al, $vector
        hlt
        .balign 4
        .set vector, vector + 1
        .endr

// A page fault. From user mode: into the kernel's address space, and on in ring 3.
        .global gm_stub_page_fault
        .hidden gm_stub_page_fault
gm_stub_page_fault:
        cmpb $0, state + GM_IN_USER(%rip)
        je 1f
        push %rax
        mov state + GM_KERNEL_ROOT(%rip), %rax
        mov %rax, %cr3
        mov %cr2, %rax
        lea state + GM_FRAME_USER_TRAP(%rip), %rsp
        iretq
// From kernel mode: a service, or a fault that ring 3 looks into.
1:      push %rax
        mov %cr2, %rax
        cmp service_exit(%rip), %rax
        je exit
        cmp service_invalidate(%rip), %rax
        je invalidate
        cmp service_flush(%rip), %rax
        je flush
        lea state + GM_FRAME_KERNEL_FAULT(%rip), %rsp
        iretq
// To user mode, by the frame that ring 3 has laid out.
exit:   mov state + GM_USER_ROOT(%rip), %rax
        mov %rax, %cr3
        movb $1, state + GM_IN_USER(%rip)
        pop %rax
        lea state + GM_FRAME_EXIT(%rip), %rsp
        iretq
// One translation, of the address in RDI.
invalidate:
        invlpg (%rdi)
        jmp served
// All translations; the root may be a new one.
flush:  mov state + GM_KERNEL_ROOT(%rip), %rax
        mov %rax, %cr3
served: pop %rax
        add $8, %rsp
        addq $9, (%rsp)
        iretq

        .balign 8
service_exit:       .quad GM_SERVICE_EXIT
service_invalidate: .quad GM_SERVICE_INVALIDATE
service_flush:      .quad GM_SERVICE_FLUSH

        .section .note.GNU-stack, "", @progbits
