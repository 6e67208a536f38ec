import LinuxSystem
import MachineMonitor
import Synchronization

/// A 16550A serial port that only sends: the guest's early console, and `/dev/ttyS0` for what it prints later. A byte is
/// gone as soon as it is stored, so the guest never waits. (National Semiconductor's PC16550D data sheet, section 8.)
final class SerialPort: PortDevice {
    /// How many ports it has.
    static let portCount: UInt16 = 8

    private enum Register {
        static let data: UInt16 = 0
        static let interruptEnable: UInt16 = 1
        static let interruptIdentification: UInt16 = 2
        static let fifoControl: UInt16 = 2
        static let lineControl: UInt16 = 3
        static let modemControl: UInt16 = 4
        static let lineStatus: UInt16 = 5
        static let modemStatus: UInt16 = 6
        static let scratch: UInt16 = 7
    }

    private static let divisorAccess: UInt8 = 0x80
    private static let loopback: UInt8 = 0x10
    private static let transmitterEmptyInterrupt: UInt8 = 0x02
    private static let transmitterEmpty: UInt8 = 0x60
    private static let dataReady: UInt8 = 0x01
    private static let noInterrupt: UInt8 = 0x01
    private static let fifosEnabled: UInt8 = 0xc0
    /// Carrier, data set ready, clear to send: someone listens.
    private static let lineIsUp: UInt8 = 0xb0

    /// The registers.
    struct State: Equatable {
        var interruptEnable: UInt8 = 0
        var lineControl: UInt8 = 0
        var modemControl: UInt8 = 0
        var scratch: UInt8 = 0
        var divisor: (low: UInt8, high: UInt8) = (12, 0)
        var hasFIFOs = false
        /// The transmitter is empty, and the guest has not been told yet.
        var isEmptyPending = false
        /// What loopback mode sent to ourselves.
        var received: UInt8?

        static func == (left: State, right: State) -> Bool {
            (left.interruptEnable, left.lineControl, left.modemControl, left.scratch)
                == (right.interruptEnable, right.lineControl, right.modemControl, right.scratch)
                && left.divisor == right.divisor
                && (left.hasFIFOs, left.isEmptyPending, left.received)
                    == (right.hasFIFOs, right.isEmptyPending, right.received)
        }
    }

    /// The registers, for a copy.
    var saved: State { state.withLock { $0 } }

    /// Becomes a copy.
    func restore(_ saved: State) { state.withLock { $0 = saved } }

    private let state = Mutex(State())
    private let console: ConsoleLog
    private let interrupt: EventDescriptor

    /// Makes one.
    ///
    /// - Parameters:
    ///   - console: where what is sent goes.
    ///   - interrupt: signalled for each interrupt.
    init(console: ConsoleLog, interrupt: EventDescriptor) {
        self.console = console
        self.interrupt = interrupt
    }

    func load(_ offset: UInt16, length: UInt8) -> UInt32 { UInt32(state.withLock { load(offset, &$0) }) }

    private func load(_ offset: UInt16, _ state: inout State) -> UInt8 {
        let isDivisor = state.lineControl & Self.divisorAccess != 0
        switch offset {
        case Register.data where isDivisor: return state.divisor.low
        case Register.interruptEnable where isDivisor: return state.divisor.high
        case Register.data:
            defer { state.received = nil }
            return state.received ?? 0
        case Register.interruptEnable: return state.interruptEnable
        case Register.interruptIdentification:
            let fifos = state.hasFIFOs ? Self.fifosEnabled : 0
            guard state.isEmptyPending, state.interruptEnable & Self.transmitterEmptyInterrupt != 0 else {
                return fifos | Self.noInterrupt
            }
            state.isEmptyPending = false
            return fifos | Self.transmitterEmptyInterrupt
        case Register.lineControl: return state.lineControl
        case Register.modemControl: return state.modemControl
        case Register.lineStatus: return Self.transmitterEmpty | (state.received == nil ? 0 : Self.dataReady)
        case Register.modemStatus: return modemStatus(state.modemControl)
        default: return state.scratch
        }
    }

    /// In loopback mode the outputs of the modem's control are its inputs.
    private func modemStatus(_ control: UInt8) -> UInt8 {
        guard control & Self.loopback != 0 else { return Self.lineIsUp }
        return (control & 0x02) << 3 | (control & 0x01) << 5 | (control & 0x0c) << 4
    }

    func store(_ offset: UInt16, length: UInt8, _ value: UInt32) {
        let byte = UInt8(truncatingIfNeeded: value)
        let (sent, isInterrupt) = state.withLock { state -> (UInt8?, Bool) in
            let sent = store(offset, byte, &state)
            return (sent, state.isEmptyPending && state.interruptEnable & Self.transmitterEmptyInterrupt != 0)
        }
        if let sent { console.write([sent]) }
        if isInterrupt { interrupt.signal() }
    }

    /// - Returns: what is to be sent.
    private func store(_ offset: UInt16, _ byte: UInt8, _ state: inout State) -> UInt8? {
        let isDivisor = state.lineControl & Self.divisorAccess != 0
        switch offset {
        case Register.data where isDivisor: state.divisor.low = byte
        case Register.interruptEnable where isDivisor: state.divisor.high = byte
        case Register.data:
            state.isEmptyPending = true
            if state.modemControl & Self.loopback == 0 { return byte }
            state.received = byte
        case Register.interruptEnable:
            // Enabling the interrupt tells of an empty transmitter, too.
            let isEnabled = byte & ~state.interruptEnable & Self.transmitterEmptyInterrupt != 0
            state.interruptEnable = byte & 0x0f
            if isEnabled { state.isEmptyPending = true }
        case Register.fifoControl: state.hasFIFOs = byte & 1 != 0
        case Register.lineControl: state.lineControl = byte
        case Register.modemControl: state.modemControl = byte & 0x1f
        case Register.scratch: state.scratch = byte
        default: break
        }
        return nil
    }
}
