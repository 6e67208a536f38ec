import CGuestMonitor
import CKVM
import GuestMemory
import KVM
import LinuxSystem
import MachineMonitor

/// The one processor of a guest whose kernel is in ring 3: runs it, and does what the kernel asks of Xen. Used by one thread.
final class XenProcessor {
    let memory: GuestMemory
    let memorySize: UInt64
    let area: MonitorArea
    let vcpu: VCPU
    let bus: DeviceBus
    let console: ConsoleLog
    let kick: ProcessorKick
    let gate: ProcessorGate
    let lines: InterruptLines
    let clock: GuestClock
    let policy: ProcessorPolicy
    let timer: ProcessorTimer

    var channels: EventChannels
    var traps = TrapTable()
    /// Where the kernel takes events; zero: not yet.
    var eventEntry: UInt64 = 0
    /// Where the kernel wants time told beside the processor's own structure; a physical address that was checked.
    var timePlace: UInt64?
    /// When the kernel wants its timer, in the guest's nanoseconds; nil: not.
    var deadline: UInt64?
    /// How the machine ended, once it has.
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

    init(
        memory: GuestMemory, memorySize: UInt64, vcpu: consuming VCPU, bus: DeviceBus, console: ConsoleLog,
        kick: ProcessorKick, gate: ProcessorGate, lines: InterruptLines, clock: GuestClock, policy: ProcessorPolicy
    ) throws(SystemError) {
        self.memory = memory
        self.memorySize = memorySize
        area = MonitorArea(memory: memory)
        self.vcpu = vcpu
        self.bus = bus
        self.console = console
        self.kick = kick
        self.gate = gate
        self.lines = lines
        self.clock = clock
        self.policy = policy
        timer = try ProcessorTimer()
        channels = EventChannels(memory)
    }

    /// Runs the guest to its end, on the calling thread.
    func run() throws(MachineError) -> MachineEnd {
        kick.adopt()
        vcpu.receiveKicks()
        vcpu.synchronize([.general, .special])
        defer {
            timer.cancel()
            vcpu.endKicks()
            kick.release()
            gate.leave()
        }
        try MachineError.system { () throws(SystemError) in
            general = try vcpu.readGeneral()
            special = try vcpu.readSpecial()
        }
        var exit = VCPUExit.interrupted
        // A copy has a timer that is to fire, and interrupts of devices that are there already.
        try MachineError.memory { () throws(GuestMemoryError) in try interrupted() }
        resume()
        // Who stopped the machine before this thread could be kicked did not reach it.
        while !kick.isStopping {
            if gate.isClosed, try canStand(after: exit) { try stand() }
            exit = try MachineError.system { () throws(SystemError) in try vcpu.enter() }
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
        return .stopped
    }

    private func handle(_ exit: VCPUExit) throws(GuestMemoryError) {
        switch exit {
        case .store(MonitorArea.doorbell..<(MonitorArea.doorbell + 4096), _, _):
            try hypercall()
            try takeInterrupts()
            try deliverEvent()
        case .store(let address, let length, let value):
            bus.store(address, length: length, value)
            try takeInterrupts()
            try deliverEvent()
        case .load(let address, let length):
            vcpu.answerLoad(bus.load(address, length: length))
        case .out(let port, 1, _) where port < 32:
            try exception(Int(port))
            try takeInterrupts()
            if end == nil { try deliverEvent() }
        case .interrupted:
            try interrupted()
        case .shutdown: end = .tripleFault
        case .internalError(_, let instruction):
            end = .unknownInstruction(address: general.rip, bytes: instruction)
        default:
            end = .guestFault("\(exit) at 0x\(String(general.rip, radix: 16))")
        }
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
