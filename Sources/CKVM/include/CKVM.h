// What Swift cannot import of linux/kvm.h: ioctl numbers (macros), the unions of struct kvm_run, structs that end in an
// array, and the signal that brings a vCPU's thread out of KVM_RUN. No policy here.
#ifndef HULL_CKVM_H
#define HULL_CKVM_H

#include <linux/kvm.h>
#include <stdint.h>
#include <sys/types.h>

enum : uint64_t {
    CKVM_GET_API_VERSION = KVM_GET_API_VERSION,
    CKVM_CREATE_VM = KVM_CREATE_VM,
    CKVM_CHECK_EXTENSION = KVM_CHECK_EXTENSION,
    CKVM_GET_VCPU_MMAP_SIZE = KVM_GET_VCPU_MMAP_SIZE,
    CKVM_GET_SUPPORTED_CPUID = KVM_GET_SUPPORTED_CPUID,
    CKVM_CREATE_VCPU = KVM_CREATE_VCPU,
    CKVM_SET_USER_MEMORY_REGION = KVM_SET_USER_MEMORY_REGION,
    CKVM_SET_TSS_ADDR = KVM_SET_TSS_ADDR,
    CKVM_SET_IDENTITY_MAP_ADDR = KVM_SET_IDENTITY_MAP_ADDR,
    CKVM_CREATE_IRQCHIP = KVM_CREATE_IRQCHIP,
    CKVM_CREATE_PIT2 = KVM_CREATE_PIT2,
    CKVM_IRQFD = KVM_IRQFD,
    CKVM_IOEVENTFD = KVM_IOEVENTFD,
    CKVM_IRQ_LINE = KVM_IRQ_LINE,
    CKVM_ENABLE_CAP = KVM_ENABLE_CAP,
    CKVM_RUN = KVM_RUN,
    CKVM_GET_REGS = KVM_GET_REGS,
    CKVM_SET_REGS = KVM_SET_REGS,
    CKVM_GET_SREGS = KVM_GET_SREGS,
    CKVM_SET_SREGS = KVM_SET_SREGS,
    CKVM_GET_MSRS = KVM_GET_MSRS,
    CKVM_SET_MSRS = KVM_SET_MSRS,
    CKVM_GET_FPU = KVM_GET_FPU,
    CKVM_SET_FPU = KVM_SET_FPU,
    CKVM_GET_LAPIC = KVM_GET_LAPIC,
    CKVM_SET_LAPIC = KVM_SET_LAPIC,
    CKVM_SET_CPUID2 = KVM_SET_CPUID2,
    CKVM_GET_VCPU_EVENTS = KVM_GET_VCPU_EVENTS,
    CKVM_SET_VCPU_EVENTS = KVM_SET_VCPU_EVENTS,
    CKVM_GET_XSAVE = KVM_GET_XSAVE,
    CKVM_SET_XSAVE = KVM_SET_XSAVE,
    CKVM_GET_XCRS = KVM_GET_XCRS,
    CKVM_SET_XCRS = KVM_SET_XCRS,
    CKVM_GET_MP_STATE = KVM_GET_MP_STATE,
    CKVM_SET_MP_STATE = KVM_SET_MP_STATE,
    CKVM_GET_IRQCHIP = KVM_GET_IRQCHIP,
    CKVM_SET_IRQCHIP = KVM_SET_IRQCHIP,
    CKVM_GET_CLOCK = KVM_GET_CLOCK,
    CKVM_SET_CLOCK = KVM_SET_CLOCK,
    CKVM_GET_MSR_INDEX_LIST = KVM_GET_MSR_INDEX_LIST,
    CKVM_GET_DEBUGREGS = KVM_GET_DEBUGREGS,
    CKVM_SET_DEBUGREGS = KVM_SET_DEBUGREGS,
    CKVM_GET_TSC_KHZ = KVM_GET_TSC_KHZ,
    CKVM_GET_STATS_FD = KVM_GET_STATS_FD,
};

/// Up to so many MSRs in one call.
enum { CKVM_MSR_COUNT = 32, CKVM_CPUID_COUNT = 256, CKVM_MSR_INDEX_COUNT = 1024 };

struct ckvm_msrs {
    uint32_t count, pad;
    struct kvm_msr_entry entries[CKVM_MSR_COUNT];
};

struct ckvm_msr_indices {
    uint32_t count;
    uint32_t indices[CKVM_MSR_INDEX_COUNT];
};

struct ckvm_cpuid {
    uint32_t count, pad;
    struct kvm_cpuid_entry2 entries[CKVM_CPUID_COUNT];
};

// --- struct kvm_run ---

struct ckvm_mmio {
    uint64_t address;
    uint64_t data;
    uint32_t length;
    uint8_t is_write;
};

struct ckvm_io {
    uint64_t data;
    uint32_t count;
    uint16_t port;
    uint8_t size;
    uint8_t is_write;
};

uint32_t ckvm_exit_reason(const struct kvm_run *run);
void ckvm_set_immediate_exit(struct kvm_run *run, uint8_t value);
/// KVM_EXIT_MMIO; the data of a write, little-endian.
struct ckvm_mmio ckvm_exit_mmio(const struct kvm_run *run);
/// What a read of KVM_EXIT_MMIO finds.
void ckvm_answer_mmio(struct kvm_run *run, uint64_t data);
/// KVM_EXIT_IO; the first element's data of a write. `size` bytes of the mapping bound what is read.
struct ckvm_io ckvm_exit_io(const struct kvm_run *run, size_t size);
/// What the first element of a read of KVM_EXIT_IO finds.
void ckvm_answer_io(struct kvm_run *run, size_t size, uint32_t data);
/// KVM_EXIT_INTERNAL_ERROR: the kind, and with KVM_INTERNAL_ERROR_EMULATION the instruction (up to 15 bytes).
uint32_t ckvm_internal_error(const struct kvm_run *run, uint8_t instruction[15], uint32_t *length);
/// KVM_EXIT_SYSTEM_EVENT and KVM_EXIT_FAIL_ENTRY.
uint32_t ckvm_system_event(const struct kvm_run *run);
uint64_t ckvm_entry_failure(const struct kvm_run *run);
/// The registers that KVM exchanges by the mapping (KVM_CAP_SYNC_REGS).
struct kvm_regs *ckvm_sync_regs(struct kvm_run *run);
struct kvm_sregs *ckvm_sync_sregs(struct kvm_run *run);
void ckvm_set_valid_regs(struct kvm_run *run, uint64_t mask);
void ckvm_add_dirty_regs(struct kvm_run *run, uint64_t mask);
uint64_t ckvm_dirty_regs(const struct kvm_run *run);

// --- the kick ---

/// Installs the handler of the kick's signal for the process.
int ckvm_kick_install(void);
/// From now on a kick of the calling thread sets `immediate_exit` here; NULL ends that.
void ckvm_kick_receive(struct kvm_run *run);
/// Sends the kick to a thread of this process.
int ckvm_kick(pid_t thread);
/// Blocks or unblocks the kick for the calling thread.
int ckvm_kick_mask(int block);
/// Waits until a descriptor can be read (ppoll), for so many nanoseconds; -1: without end.
int ckvm_wait(int fd, int64_t nanoseconds);
/// A timer that kicks a thread of this process. CLOCK_MONOTONIC.
int ckvm_timer_create(pid_t thread, void **timer);
/// Sets it to fire once in so many nanoseconds; 0 stops it.
int ckvm_timer_set(void *timer, uint64_t nanoseconds);
void ckvm_timer_delete(void *timer);

// --- instructions ---

uint64_t ckvm_rdtsc(void);
uint64_t ckvm_xgetbv(void);
void ckvm_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4]);

#endif
