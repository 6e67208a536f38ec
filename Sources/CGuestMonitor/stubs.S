// Ring 0: interpreted by a software KVM, some 0.6 µs an instruction, so there are as few as can be. Copied to GM_STUBS.
// Addresses outside of this section are told relative to its start: the copy lies at a fixed distance from them.
#include "CGuestMonitor.h"

        .section guest_monitor_stubs, "axR", @progbits
        .set state, stubs + (GM_STATE - GM_STUBS)

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

// A page fault in a program, a system call among them: into the kernel's address space, and on in ring 3.
        .global gm_stub_user_fault
        .hidden gm_stub_user_fault
gm_stub_user_fault:
        xchg %rax, state + GM_TRAP_ROOT(%rip)
        mov %rax, %cr3
        mov %cr2, %rax
        lea state + GM_FRAME_USER_TRAP(%rip), %rsp
        iretq

// A page fault in the kernel: ring 3 looks into it.
        .global gm_stub_kernel_fault
        .hidden gm_stub_kernel_fault
gm_stub_kernel_fault:
        push %rax
        mov %cr2, %rax
        lea state + GM_FRAME_KERNEL_FAULT(%rip), %rsp
        iretq

// A division by zero in the kernel's address space: ring 3 asks so for what it cannot do itself, to go on with another root.
// It has laid out root and frame. Where it has not, they are such that a kernel's own division by zero is told.
        .global gm_stub_service
        .hidden gm_stub_service
gm_stub_service:
        xchg %rax, state + GM_SERVICE_ROOT(%rip)
        mov %rax, %cr3
        mov state + GM_SERVICE_ROOT(%rip), %rax
        lea state + GM_FRAME_SERVICE(%rip), %rsp
        iretq

// An undefined instruction in the kernel, most likely its way to ask for CPUID.
        .global gm_stub_undefined
        .hidden gm_stub_undefined
gm_stub_undefined:
        lea state + GM_FRAME_UNDEFINED(%rip), %rsp
        iretq

        .section .note.GNU-stack, "", @progbits
