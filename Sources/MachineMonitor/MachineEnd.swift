/// How a machine ended. Each has one text and one exit code.
public enum MachineEnd: Equatable, Sendable {
    /// The guest switched itself off.
    case poweredOff
    /// The guest asked to start anew. A machine of ours runs once.
    case rebooted
    /// The guest's kernel gave up; the reason is the panic's text, where it printed one.
    case crashed(String)
    /// The processor met a fault while it delivered a double fault.
    case tripleFault
    /// An instruction that neither KVM nor we can do.
    case unknownInstruction(address: UInt64, bytes: [UInt8])
    /// A hypercall, or a command of one, that we do not know.
    case unknownHypercall(number: UInt64, command: UInt64?, arguments: [UInt64], address: UInt64)
    /// The guest did something that only a faulty or hostile kernel does.
    case guestFault(String)
    /// It was told to end from outside.
    case stopped

    /// The exit code of the machine monitor's process: 0 where the guest ended by itself.
    public var exitCode: Int32 {
        switch self {
        case .poweredOff, .rebooted: 0
        case .stopped: 3
        case .crashed, .tripleFault, .unknownInstruction, .unknownHypercall, .guestFault: 2
        }
    }
}

extension MachineEnd: CustomStringConvertible {
    /// One line for people.
    public var description: String {
        switch self {
        case .poweredOff: "the guest switched itself off"
        case .rebooted: "the guest asked for a reboot"
        case .crashed(let reason): "the guest's kernel crashed: \(reason)"
        case .tripleFault: "the guest's processor reset itself (triple fault)"
        case .unknownInstruction(let address, let bytes):
            "an instruction that this machine does not know, at \(Self.hexadecimal(address)): "
                + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ") + Self.request
        case .unknownHypercall(let number, let command, let arguments, let address):
            "a hypercall that this machine does not know, at \(Self.hexadecimal(address)): number \(number)"
                + (command.map { ", command \($0)" } ?? "") + ", arguments "
                + arguments.map(Self.hexadecimal).joined(separator: " ") + Self.request
        case .guestFault(let what): "the guest's kernel did what no sound kernel does: \(what)"
        case .stopped: "stopped"
        }
    }

    private static let request = " (please report this line with the kernel's version)"

    private static func hexadecimal(_ number: UInt64) -> String { "0x" + String(number, radix: 16) }
}
