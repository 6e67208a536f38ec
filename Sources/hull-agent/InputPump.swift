import AgentProtocol
import Glibc
import LinuxSystem

/// What the host has for a process's standard input.
final class InputPump {
    private var target: OwnedDescriptor?
    private var waiting: [UInt8] = []
    /// How many of those bytes are written.
    private var written = 0
    private var credit = ReceiveCredit()
    private var endsAfter = false
    private let isTerminal: Bool
    private var isWide = false
    private var pause = Pause.none
    private var place = -1

    /// Why nothing is written at the moment.
    private enum Pause {
        /// Nothing was tried yet.
        case none
        /// The process takes what is in the pipe, little at a time.
        case short
        /// There was no room, and poll(2) tells of it.
        case untilReady
    }

    /// Room in the pipe of a process to which much is written, in bytes.
    private static let pipeSize: CInt = 256 << 10
    /// How long a full pipe is left to a reader that takes little at a time, in milliseconds, before more is written. Told of
    /// each piece that is taken out, the two would take turns for every few kilobytes, and a turn is dear.
    static let shortPause: CInt = 1
    /// What is not little, in bytes.
    private static let muchTaken = Int(pipeSize) / 4

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
    var descriptor: CInt { waiting.isEmpty || isPausing ? -1 : number }

    /// Whether `flush` is to be called after the short pause.
    var isPausing: Bool { pause == .short }

    /// Adds what it waits for.
    func watch(_ set: inout PollSet) { place = set.add(descriptor, CInt(POLLOUT)) }

    /// Whether something can be done, by what was waited for.
    func isReady(_ set: PollSet) -> Bool { pause != .untilReady || set.isReady(place) }

    /// Takes bytes of the host.
    ///
    /// - Returns: false where they are more than the host may send.
    func take(_ bytes: [UInt8]) -> Bool {
        guard credit.receive(bytes.count) else { return false }
        if waiting.isEmpty { pause = .none }
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
        let start = written
        while written < waiting.count, number >= 0 {
            // From `written` on there are as many bytes as are named.
            let count = unsafe waiting.withUnsafeBytes {
                unsafe write(number, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            if count < 0 {
                if errno == EINTR { continue }
                if errno == EAGAIN {
                    if widen() { continue }
                    pause = isWide && (1..<Self.muchTaken).contains(written - start) ? .short : .untilReady
                    break
                }
                forgetWaiting()
                target = nil
                return (granted, true)
            }
            written += count
            if let more = credit.take(count) { granted = (granted ?? 0) + more }
        }
        if written == waiting.count {
            forgetWaiting()
        } else if written >= Int(AgentLimits.wideWindow) {
            waiting.removeFirst(written)
            written = 0
        }
        closeIfDone()
        return (granted, false)
    }

    /// Makes a full pipe longer, once.
    ///
    /// - Returns: whether there is room now.
    private func widen() -> Bool {
        if isWide || isTerminal { return false }
        switch target {
        case .some(let target): isWide = target.setPipeSize(Self.pipeSize)
        case .none: break
        }
        return isWide
    }

    private func forgetWaiting() {
        waiting.removeAll(keepingCapacity: true)
        written = 0
        pause = .none
    }

    private func closeIfDone() {
        if endsAfter, waiting.isEmpty, !isTerminal { target = nil }
    }
}
