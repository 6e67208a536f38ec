#include "CKVM.h"

#include <string.h>

uint32_t ckvm_exit_reason(const struct kvm_run *run) { return run->exit_reason; }

// The handler of the kick writes it too, on the same thread.
void ckvm_set_immediate_exit(struct kvm_run *run, uint8_t value) {
    *(volatile uint8_t *)&run->immediate_exit = value;
}

struct ckvm_mmio ckvm_exit_mmio(const struct kvm_run *run) {
    struct ckvm_mmio mmio = {
        .address = run->mmio.phys_addr, .length = run->mmio.len, .is_write = run->mmio.is_write};
    memcpy(&mmio.data, run->mmio.data, sizeof mmio.data);
    if (mmio.length < 8) mmio.data &= (1ull << (8 * mmio.length)) - 1;
    return mmio;
}

void ckvm_answer_mmio(struct kvm_run *run, uint64_t data) { memcpy(run->mmio.data, &data, sizeof data); }

struct ckvm_io ckvm_exit_io(const struct kvm_run *run, size_t size) {
    struct ckvm_io io = {
        .port = run->io.port,
        .size = run->io.size,
        .count = run->io.count,
        .is_write = run->io.direction == KVM_EXIT_IO_OUT,
    };
    if (io.is_write && io.size <= 4 && run->io.data_offset <= size - 4)
        memcpy(&io.data, (const char *)run + run->io.data_offset, io.size);
    return io;
}

void ckvm_answer_io(struct kvm_run *run, size_t size, uint32_t data) {
    if (run->io.size <= 4 && run->io.data_offset <= size - 4)
        memcpy((char *)run + run->io.data_offset, &data, run->io.size);
}

uint32_t ckvm_internal_error(const struct kvm_run *run, uint8_t instruction[15], uint32_t *length) {
    *length = 0;
    if (run->internal.suberror == KVM_INTERNAL_ERROR_EMULATION && run->emulation_failure.ndata >= 3
        && (run->emulation_failure.flags & KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES)) {
        uint32_t size = run->emulation_failure.insn_size;
        *length = size > 15 ? 15 : size;
        memcpy(instruction, run->emulation_failure.insn_bytes, *length);
    }
    return run->internal.suberror;
}

uint32_t ckvm_system_event(const struct kvm_run *run) { return run->system_event.type; }

uint64_t ckvm_entry_failure(const struct kvm_run *run) {
    return run->fail_entry.hardware_entry_failure_reason;
}

struct kvm_regs *ckvm_sync_regs(struct kvm_run *run) { return &run->s.regs.regs; }
struct kvm_sregs *ckvm_sync_sregs(struct kvm_run *run) { return &run->s.regs.sregs; }
void ckvm_set_valid_regs(struct kvm_run *run, uint64_t mask) { run->kvm_valid_regs = mask; }
void ckvm_add_dirty_regs(struct kvm_run *run, uint64_t mask) { run->kvm_dirty_regs |= mask; }
uint64_t ckvm_dirty_regs(const struct kvm_run *run) { return run->kvm_dirty_regs; }
