// The monitor: the few hundred instructions that run inside a guest whose kernel is in ring 3, so that its hot paths
// (system calls, page faults, page-table updates) need not leave the guest. docs/xen-machine.md explains it.
//
// Everything named here lies in guest memory, where the guest's kernel can read and write it. The machine monitor's
// process copies the code there and afterwards trusts none of it.
#ifndef HULL_CGUESTMONITOR_H
#define HULL_CGUESTMONITOR_H

// --- the guest's virtual addresses: two slots of Xen's hole in the top-level table ---

// Slot 260 holds the machine-to-physical table and, from its second gigabyte on, the area; slot 261 all of memory, and from
// its fifth gigabyte on the area once more, for ring 0 alone, as a page of 2 MB: a software KVM walks the tables for
// each instruction there and each of its operands, and so needs a step less.
#define GM_SLOT_AREA 260
#define GM_SLOT_MEMORY 261
#define GM_TABLE_VA 0xffff820000000000
#define GM_AREA_VA 0xffff820040000000
#define GM_MEMORY_VA 0xffff828000000000
#define GM_RING_0_VA 0xffff828100000000

// --- the area: offsets of its pages, the same in physical memory and in the virtual window ---

// Page tables: not mapped in the window.
#define GM_L3_AREA 0x0000
#define GM_L2_AREA 0x1000
#define GM_L1_AREA 0x2000
#define GM_L2_TABLE 0x3000
#define GM_L3_MEMORY 0x4000
#define GM_L2_MEMORY 0x5000
#define GM_L2_MEMORY_COUNT 4
// What a process's root has of slot 260: pages where processors' tables of interrupts lie.
#define GM_L3_USER 0x9000
#define GM_L2_USER 0xa000
#define GM_L1_USER 0xb000
// The area for ring 0.
#define GM_L2_RING_0 0xd000
// What the kernel is told of its processors: a count in 8 bytes, then entries of 32 bytes (first and last leaf, subleaf, whether
// the subleaf matters, EAX, EBX, ECX, EDX).
#define GM_ANSWERS 0xe000
#define GM_ANSWER_SIZE 32
#define GM_ANSWER_LIMIT 127
// A page without memory: a store to its start asks the machine monitor's process to do the hypercall in RAX, a store to
// GM_DOORBELL_EXCEPTION and a vector behind it tells of an exception, whose frame lies on the exception stack.
#define GM_DOORBELL 0xf000
#define GM_DOORBELL_EXCEPTION 0x100

// What follows each processor has for itself, one after the other at this distance: the addresses here are the first's.
// Code finds its processor's data by where it lies itself.
#define GM_PROCESSOR_SIZE 0x10000
#define GM_PROCESSOR_LIMIT 16
// For the processor and ring 0 alone.
#define GM_GDT 0x10000
#define GM_IDT 0x11000
#define GM_TSS 0x12000
#define GM_STUBS 0x13000
#define GM_STUBS_END 0x14000
// For the guest's kernel in ring 3 too.
#define GM_EXCEPTION_STACK 0x14000
#define GM_EXCEPTION_STACK_TOP 0x15000
#define GM_STATE 0x15000
// The first processor's block alone has it.
#define GM_SHARED_INFO 0x16000
#define GM_NATIVE_STACK 0x17000
#define GM_NATIVE_STACK_TOP 0x18000
// The native code; native.S itself starts in the middle, for the linker chooses what of the rest comes before it.
#define GM_NATIVE 0x18000
#define GM_NATIVE_ANCHOR 0x1a000
#define GM_NATIVE_END 0x1c000
// The table of interrupts while a program runs; seen at GM_IDT in a process's root.
#define GM_IDT_USER 0x1c000
// The machine-to-physical table, in pages of 2 MB.
#define GM_TABLE 0x200000

#define GM_DOORBELL_VA 0xffff82004000f000

// --- hypercalls of the monitor's own, past Xen's ---

// Has other processors forget all translations, before it returns. RDI: the mask of processors.
#define GM_CALL_FLUSH_OTHERS 64

// --- selectors: where Linux has its own ---

#define GM_CODE_0 0x10
#define GM_DATA_0 0x18
#define GM_DATA_3 0x2b
#define GM_CODE_3 0x33
#define GM_TASK 0x40

// --- struct gm_state: offsets in bytes ---

#define GM_KERNEL_ROOT 0
#define GM_USER_ROOT 8
#define GM_KERNEL_STACK 16
#define GM_IN_USER 24
#define GM_VCPU_INFO 32
#define GM_SYSCALL_ENTRY 40
#define GM_FAULT_ENTRY 48
#define GM_FAULT_MASK 56
#define GM_USER_GS 64
#define GM_KERNEL_GS 72
#define GM_SCRATCH_0 80
#define GM_SCRATCH_1 88
#define GM_MEMORY_SIZE 96
#define GM_KERNEL_HOOKS 104
#define GM_USER_HOOKS 120
#define GM_LSTAR 136
// The processor's bit in masks of processors.
#define GM_PROCESSOR_BIT 144
// How far the next processor's state is; zero: this is the last.
#define GM_NEXT 152
// The kernel's root, where a trap from a program finds it; the trap leaves the program's RAX in its place.
#define GM_TRAP_ROOT 160
#define GM_USER_RAX 168
// The root with which a service goes on; the service leaves RAX in its place.
#define GM_SERVICE_ROOT 176
// Where the kernel goes on after its last hypercall, for a message.
#define GM_CALLER 184
// Frames for IRETQ: rip, cs, rflags, rsp, ss.
#define GM_FRAME_USER_TRAP 256
#define GM_FRAME_KERNEL_FAULT 320
#define GM_FRAME_SERVICE 384
#define GM_FRAME_UNDEFINED 448
// How often each hypercall came, by number.
#define GM_COUNTS 512
#define GM_COUNT_LIMIT 64

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

/// The code for ring 0, to be copied to GM_STUBS.
const uint8_t *gm_stubs(void);
size_t gm_stubs_size(void);
/// The code for ring 3, to be copied to `gm_native_place`, an offset in the area.
const uint8_t *gm_native(void);
size_t gm_native_size(void);
size_t gm_native_place(void);

// Entries, as offsets in the area.

/// The stub of exception `vector` (0…31), from a program or from the kernel.
size_t gm_stub_entry(unsigned vector, int from_user);
size_t gm_syscall_entry(void);
size_t gm_user_trap_entry(void);
size_t gm_kernel_fault_entry(void);
size_t gm_undefined_entry(void);
/// Where the kernel's division by zero goes on, as long as no service is asked for.
size_t gm_divide_entry(void);
size_t gm_patched_hypercall_entry(void);
size_t gm_patched_iret_entry(void);
/// The last two for a guest of several processors: they go on in the block of the processor that is there.
size_t gm_shared_hypercall_entry(void);
size_t gm_shared_iret_entry(void);
#endif

#endif
