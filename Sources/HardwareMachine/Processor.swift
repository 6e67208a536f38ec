import KVM
import LinuxSystem
import MachineMonitor
import Synchronization

/// A processor: it runs the guest, and answers what the guest asks of devices.
final class Processor: Sendable {
    let vcpu: VCPU
    let kick: ProcessorKick
    let gate: ProcessorGate
    private let counts = Mutex<[String: Int]>([:])

    init(_ vcpu: consuming VCPU) throws(SystemError) {
        kick = try ProcessorKick()
        gate = try ProcessorGate(kick)
        self.vcpu = vcpu
    }

    /// Puts the processor at the kernel's entry.
    func begin(at entry: UInt64) throws(SystemError) {
        try vcpu.writeSpecial(BootRegisters.special(try vcpu.readSpecial()))
        try vcpu.writeGeneral(BootRegisters.general(entry: entry))
    }

    /// How often the guest was left for this process, by kind, once `run` is back.
    var exits: [String: Int] { counts.withLock { $0 } }

    /// Runs until the guest or someone outside ends it. The calling thread is the processor's meanwhile.
    ///
    /// - Parameter save: the processor's state, while it stands still.
    /// - Returns: how this processor ended the machine; nil when it was told to stop.
    func run(
        bus: DeviceBus, ports: PortBus, save: () throws(MachineError) -> [UInt8]
    ) throws(SystemError) -> MachineEnd? {
        kick.adopt()
        vcpu.receiveKicks()
        defer {
            vcpu.endKicks()
            kick.release()
            gate.leave()
        }
        var exits: [String: Int] = [:]
        defer { counts.withLock { $0 = exits } }
        while !kick.isStopping {
            // What the last exit began is finished on the way in; then it comes back at once.
            let isClosing = gate.isClosed
            if isClosing { vcpu.requestImmediateExit(true) }
            let exit = try vcpu.enter()
            exits[exit.kind, default: 0] += 1
            switch exit {
            case .store(let address, let length, let value): bus.store(address, length: length, value)
            case .load(let address, let length): vcpu.answerLoad(bus.load(address, length: length))
            case .out(let port, let length, let value): ports.store(port, length: length, value)
            case .in(let port, let length): vcpu.answerIn(ports.load(port, length: length))
            case .interrupted:
                vcpu.requestImmediateExit(false)
                if isClosing { try gate.stand(save) }
            case .shutdown: return .tripleFault
            case .internalError(VCPUExit.unknownInstruction, let instruction):
                return .unknownInstruction(address: try vcpu.readGeneral().rip, bytes: instruction)
            case .internalError(let kind, _):
                let address = String(try vcpu.readGeneral().rip, radix: 16)
                return .guestFault("KVM gave up at 0x\(address) (internal error \(kind))")
            case .entryFailed(let reason):
                return .guestFault("the hardware refuses its processor's state, 0x\(String(reason, radix: 16))")
            default: return .guestFault("its processor stopped (\(exit.kind))")
            }
        }
        return nil
    }
}
