import CGuestMonitor
import CKVM
import GuestMemory
import KVM
import LinuxSystem
import MachineMonitor

/// A processor of a guest whose kernel is in ring 3: runs it, and does what the kernel asks of Xen. Used by one thread, which
/// makes it.
final class XenProcessor {
    let domain: XenDomain
    let handle: ProcessorHandle
    let area: MonitorArea
    let vcpu: VCPU
    let surroundings: ProcessorSurroundings
    let timer: ProcessorTimer

    var traps = TrapTable()
    /// Where the kernel takes events; zero: not yet.
    var eventEntry: UInt64 = 0
    /// When the kernel wants its timer, in the guest's nanoseconds; nil: not.
    var deadline: UInt64?
    /// How the machine ended, where this processor ended it.
    var end: MachineEnd?
    /// What went wrong on the host's side; ends the machine too.
    var failure: MachineError?

    /// The registers of this exit. Changed ones are given back by `resume`.
    var general = kvm_regs()
    var special = kvm_sregs()
    var generalChanged = false
    var specialChanged = false
    /// The RIP behind a breakpoint for which an event was put off, and how often.
    var putOff: (address: UInt64, count: Int) = (0, 0)
    var counters = MachineCounters()

    var index: Int { handle.index }
    var memory: GuestMemory { domain.memory }
    var memorySize: UInt64 { domain.memorySize }
    var channels: EventChannels { domain.channels }
    var kick: ProcessorKick { handle.kick }
    var gate: ProcessorGate { handle.gate }
    var console: ConsoleLog { surroundings.console }
    var clock: GuestClock { surroundings.clock }
    var policy: ProcessorPolicy { surroundings.policy }

    /// - Parameter vcpu: KVM's processor of the same number.
    init(_ domain: XenDomain, _ vcpu: consuming VCPU, _ surroundings: ProcessorSurroundings) throws(SystemError) {
        self.domain = domain
        handle = domain.processors[Int(vcpu.index)]
        area = MonitorArea(memory: domain.memory, processor: Int(vcpu.index))
        self.vcpu = vcpu
        self.surroundings = surroundings
        timer = try ProcessorTimer()
    }

    /// Runs the guest until this processor ends it, or the machine is told to end.
    ///
    /// - Returns: nil for the latter.
    func run() throws(MachineError) -> MachineEnd? {
        kick.adopt()
        vcpu.receiveKicks()
        vcpu.synchronize([.general, .special])
        defer {
            timer.cancel()
            vcpu.endKicks()
            kick.release()
            gate.leave()
        }
        var exit = VCPUExit.interrupted
        var isRunning = false
        // Who stopped the machine before this thread could be kicked did not reach it.
        while !kick.isStopping {
            if !handle.isUp { try rest() }
            if !isRunning {
                if kick.isStopping { return nil }
                try begin()
                isRunning = true
            }
            if gate.isClosed, try canStand(after: exit) { try stand() }
            exit = try enter()
            counters.count(exit)
            general = vcpu.general
            special = vcpu.special
            try MachineError.memory { () throws(GuestMemoryError) in
                try handle(exit)
            }
            if let failure { throw failure }
            if let end { return end }
            resume()
        }
        return nil
    }

    /// Takes up the registers with which the processor is to run.
    private func begin() throws(MachineError) {
        if let context = handle.takeContext() { try adopt(context) }
        try MachineError.system { () throws(SystemError) in
            general = try vcpu.readGeneral()
            special = try vcpu.readSpecial()
        }
        // A copy has a timer that is to fire, and interrupts of devices that are there already.
        try MachineError.memory { () throws(GuestMemoryError) in try interrupted() }
        resume()
    }

    private func enter() throws(MachineError) -> VCPUExit {
        if !handle.enter() { forgetTranslations() }
        defer { handle.leave() }
        return try MachineError.system { () throws(SystemError) in try vcpu.enter() }
    }

    /// Has KVM build its tables from the guest's anew: it does so where this bit of CR4 changes (Intel SDM volume 3, 4.10.4.1),
    /// which otherwise means nothing here.
    private func forgetTranslations() {
        while !handle.enter() {}
        special.cr4 ^= ProcessorState.globalPages
        vcpu.special = special
    }

    private func handle(_ exit: VCPUExit) throws(GuestMemoryError) {
        switch exit {
        case .store(let address, _, _) where MonitorArea.isDoorbell(address):
            try doorbell(Int(address - MonitorArea.doorbell))
            try takeInterrupts()
            if end == nil { try deliverEvent() }
        case .store(let address, let length, let value):
            surroundings.bus.store(address, length: length, value)
            try takeInterrupts()
            try deliverEvent()
        case .load(let address, let length):
            vcpu.answerLoad(surroundings.bus.load(address, length: length))
        case .out(let port, 1, _) where port < 32:
            try exception(Int(port))
            try takeInterrupts()
            if end == nil { try deliverEvent() }
        case .interrupted:
            try interrupted()
        case .shutdown: end = .tripleFault
        case .internalError(VCPUExit.unknownInstruction, let instruction):
            end = .unknownInstruction(address: general.rip, bytes: instruction)
        case .internalError(let kind, _):
            end = .guestFault("KVM gave up at 0x\(String(general.rip, radix: 16)) (internal error \(kind))")
        default:
            end = .guestFault("\(exit) at 0x\(String(general.rip, radix: 16))")
        }
    }

    /// A store of the monitor's: a hypercall, or an exception that it passes on.
    private func doorbell(_ offset: Int) throws(GuestMemoryError) {
        let vector = offset - Int(GM_DOORBELL_EXCEPTION)
        if (0..<32).contains(vector) { try exception(vector, told: true) } else { try hypercall() }
    }

    /// Gives changed registers back to KVM, in ring 3.
    private func resume() {
        if generalChanged { vcpu.general = general }
        if specialChanged { vcpu.special = special }
        generalChanged = false
        specialChanged = false
    }

    /// The kernel's memory as it is now.
    func kernelMemory() throws(GuestMemoryError) -> KernelMemory {
        KernelMemory(memory: memory, root: try area.state(GM_KERNEL_ROOT))
    }
}
