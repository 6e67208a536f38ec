import CKVM
import CLinux
import Glibc
import LinuxSystem

/// A virtual processor: its registers, and running it. Used by one thread at a time.
@safe public struct VCPU: ~Copyable, @unchecked Sendable {
    /// Its number in the machine.
    public let index: UInt32
    let descriptor: OwnedDescriptor
    /// `runSize` bytes shared with the kernel, mapped for as long as this value lives.
    let run: UnsafeMutablePointer<kvm_run>
    private let runSize: Int

    init(index: UInt32, descriptor: consuming OwnedDescriptor, runSize: Int) throws(SystemError) {
        guard runSize >= MemoryLayout<kvm_run>.size else {
            throw SystemError("KVM_GET_VCPU_MMAP_SIZE", KVMSystem.path, number: EPROTO)
        }
        let mapping = unsafe mmap(nil, runSize, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor.number, 0)
        guard let mapping = unsafe mapping, unsafe mapping != UnsafeMutableRawPointer(bitPattern: -1) else {
            throw .last("mmap", "vCPU \(index)")
        }
        self.index = index
        self.descriptor = descriptor
        self.runSize = runSize
        // The kernel lays a kvm_run at the start, and it is never larger than the mapping: checked above.
        unsafe run = mapping.assumingMemoryBound(to: kvm_run.self)
    }

    deinit {
        // What init mapped; nothing else points there.
        unsafe munmap(run, runSize)
    }

    /// Runs the guest until it needs something.
    ///
    /// - Returns: why it came back; `.interrupted` after a signal.
    public func enter() throws(SystemError) -> VCPUExit {
        if linux_ioctl_int(descriptor.number, UInt(CKVM_RUN), 0) < 0 {
            let number = errno
            if number == EINTR || number == EAGAIN { return .interrupted }
            throw SystemError("KVM_RUN", "vCPU \(index)", number: number)
        }
        return exit
    }

    /// Has the next `enter` only finish what the last exit began, such as a load that was answered, and come back as
    /// interrupted.
    public func requestImmediateExit(_ wanted: Bool) {
        // A byte of the mapping.
        unsafe ckvm_set_immediate_exit(run, wanted ? 1 : 0)
    }

    /// From now on a kick of the calling thread ends this processor's `enter`, also when it comes just before.
    public func receiveKicks() {
        // The mapping outlives the thread's loop: `endKicks` comes before this value's end.
        unsafe ckvm_kick_receive(run)
    }

    /// The calling thread's kicks end nothing more.
    public func endKicks() {
        ckvm_kick_receive(nil)
    }

    /// What a load from memory-mapped input and output finds.
    public func answerLoad(_ value: UInt64) {
        // Eight bytes of the mapping.
        unsafe ckvm_answer_mmio(run, value)
    }

    /// What an IN finds.
    public func answerIn(_ value: UInt32) {
        // Within the mapping: the callee checks against its size.
        unsafe ckvm_answer_io(run, runSize, value)
    }

    private var exit: VCPUExit {
        // Each function copies out of the mapping the member of the union that the exit's reason names.
        switch CInt(bitPattern: unsafe ckvm_exit_reason(run)) {
        case KVM_EXIT_MMIO:
            let access = unsafe ckvm_exit_mmio(run)
            return access.is_write != 0
                ? .store(address: access.address, length: access.length, value: access.data)
                : .load(address: access.address, length: access.length)
        case KVM_EXIT_IO:
            let access = unsafe ckvm_exit_io(run, runSize)
            return access.is_write != 0
                ? .out(port: access.port, length: access.size, value: UInt32(truncatingIfNeeded: access.data))
                : .in(port: access.port, length: access.size)
        case KVM_EXIT_HLT: return .halt
        case KVM_EXIT_SHUTDOWN: return .shutdown
        case KVM_EXIT_SYSTEM_EVENT: return .systemEvent(unsafe ckvm_system_event(run))
        case KVM_EXIT_INTR: return .interrupted
        case KVM_EXIT_FAIL_ENTRY: return .entryFailed(unsafe ckvm_entry_failure(run))
        case KVM_EXIT_INTERNAL_ERROR:
            var length: UInt32 = 0
            var bytes = [UInt8](repeating: 0, count: 15)
            let kind = unsafe ckvm_internal_error(run, &bytes, &length)
            return .internalError(kind: kind, instruction: Array(bytes.prefix(Int(length))))
        case let reason: return .unknown(UInt32(bitPattern: reason))
        }
    }
}
