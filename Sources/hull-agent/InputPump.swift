import AgentProtocol
import Glibc
import LinuxSystem

/// What the host has for a process's standard input.
final class InputPump {
    private var target: OwnedDescriptor?
    private var waiting: [UInt8] = []
    private var credit = ReceiveCredit()
    private var endsAfter = false
    private let isTerminal: Bool

    init(_ target: consuming OwnedDescriptor, isTerminal: Bool) {
        self.target = consume target
        self.isTerminal = isTerminal
    }

    private var number: CInt {
        switch target {
        case .some(let target): target.number
        case .none: -1
        }
    }

    /// For poll(2); -1 where nothing waits.
    var descriptor: CInt { waiting.isEmpty ? -1 : number }

    /// Takes bytes of the host.
    ///
    /// - Returns: false where they are more than the host may send.
    func take(_ bytes: [UInt8]) -> Bool {
        guard credit.receive(bytes.count) else { return false }
        waiting.append(contentsOf: bytes)
        return true
    }

    /// Counts for a new host.
    ///
    /// - Returns: whether the process takes more.
    func restart() -> Bool {
        credit = ReceiveCredit()
        return number >= 0 && !endsAfter
    }

    /// There is no more. A terminal stays open: its end is a character, which the host sends.
    func end() {
        endsAfter = true
        closeIfDone()
    }

    /// Writes what waits, as far as it goes.
    ///
    /// - Returns: credit for the host; and whether the process takes no more.
    func flush() -> (granted: UInt32?, isClosed: Bool) {
        var granted: UInt32?
        while !waiting.isEmpty, number >= 0 {
            // As many bytes as the array has.
            let count = unsafe waiting.withUnsafeBytes { unsafe write(number, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                if errno == EAGAIN { break }
                waiting = []
                target = nil
                return (granted, true)
            }
            waiting.removeFirst(count)
            if let more = credit.take(count) { granted = (granted ?? 0) + more }
        }
        closeIfDone()
        return (granted, false)
    }

    private func closeIfDone() {
        if endsAfter, waiting.isEmpty, !isTerminal { target = nil }
    }
}
