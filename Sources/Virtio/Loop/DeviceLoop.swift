import Glibc
import LinuxSystem

/// Something that a loop tells of descriptors that are ready.
public protocol LoopSource: AnyObject, Sendable {
    /// Names the place for the source's descriptors, before the loop runs.
    func attach(_ watch: DescriptorWatch) throws(SystemError)
    /// A descriptor is ready. The token may be of one that is no longer watched: another event of the same wait may have
    /// ended it, so tokens of connections are never used twice.
    func ready(_ token: UInt64, _ readiness: Readiness)
}

/// Waits for the descriptors of devices and calls whom they belong to, on the thread that calls `run`.
public final class DeviceLoop: Sendable {
    private let epoll: Epoll
    private let sources: [any LoopSource]
    private let stopEvent: EventDescriptor

    /// The token that ends the loop; no source has the number in it.
    private static let stopToken = UInt64.max

    /// Attaches every source. From here on a write to a socket or pipe whose other end is gone is an error rather than the
    /// process's end (SIGPIPE is ignored).
    public init(_ sources: [any LoopSource]) throws(SystemError) {
        signal(SIGPIPE, SIG_IGN)
        epoll = try Epoll()
        stopEvent = try EventDescriptor()
        self.sources = sources
        try epoll.add(stopEvent.number, .readable, token: Self.stopToken)
        for (number, source) in sources.enumerated() {
            try source.attach(DescriptorWatch(epoll, source: number))
        }
    }

    /// Runs until `stop` is called.
    public func run() throws(SystemError) {
        var events = EpollEvents(capacity: 64)
        while try turn(&events, timeout: -1) {}
    }

    /// Handles what is ready within a time.
    ///
    /// - Parameter timeout: milliseconds; 0 does not wait.
    public func runOnce(timeout: CInt) throws(SystemError) {
        var events = EpollEvents(capacity: 64)
        _ = try turn(&events, timeout: timeout)
    }

    /// Ends `run`, from any thread.
    public func stop() { stopEvent.signal() }

    /// Handles one wait's events.
    ///
    /// - Returns: whether to go on.
    private func turn(_ events: inout EpollEvents, timeout: CInt) throws(SystemError) -> Bool {
        guard try epoll.wait(&events, timeout: timeout) else { return true }
        for index in 0..<events.count {
            let (token, readiness) = events[index]
            if token == Self.stopToken {
                stopEvent.drain()
                return false
            }
            let number = Int(token >> DescriptorWatch.tokenBits)
            sources[number].ready(
                token & (1 << DescriptorWatch.tokenBits - 1), readiness)
        }
        return true
    }
}
