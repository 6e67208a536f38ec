import CLinux
import Glibc

/// What a descriptor is ready for, or is watched for (`EPOLL…` of epoll_ctl(2)).
public struct Readiness: OptionSet, Sendable {
    /// The kernel's bits.
    public let rawValue: UInt32

    /// Makes a set of the kernel's bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// EPOLLIN.
    public static let readable = Readiness(rawValue: 0x001)
    /// EPOLLOUT.
    public static let writable = Readiness(rawValue: 0x004)
    /// EPOLLERR: always watched for.
    public static let error = Readiness(rawValue: 0x008)
    /// EPOLLHUP: both directions have ended; always watched for.
    public static let hangup = Readiness(rawValue: 0x010)
    /// EPOLLRDHUP: the other side sends no more.
    public static let peerClosed = Readiness(rawValue: 0x2000)
    /// EPOLLET: tell once what is new, rather than for as long as it is so.
    public static let edgeTriggered = Readiness(rawValue: 1 << 31)
}

/// A set of watched descriptors (epoll(7)). Several threads may change it while one waits.
public final class Epoll: Sendable {
    private let descriptor: OwnedDescriptor

    /// Makes an empty set.
    public init() throws(SystemError) {
        descriptor = OwnedDescriptor(
            owning: try systemCall("epoll_create1") { linux_epoll_create1(CInt(O_CLOEXEC)) })
    }

    /// Begins to watch a descriptor.
    ///
    /// - Parameter token: comes back with each event.
    public func add(_ watched: CInt, _ events: Readiness, token: UInt64) throws(SystemError) {
        try control(EPOLL_CTL_ADD, watched, events, token)
    }

    /// Watches for something else.
    public func modify(_ watched: CInt, _ events: Readiness, token: UInt64) throws(SystemError) {
        try control(EPOLL_CTL_MOD, watched, events, token)
    }

    /// Watches it no longer. A descriptor that is closed for good goes by itself.
    public func remove(_ watched: CInt) throws(SystemError) {
        try control(EPOLL_CTL_DEL, watched, [], 0)
    }

    private func control(
        _ operation: CInt, _ watched: CInt, _ events: Readiness, _ token: UInt64
    ) throws(SystemError) {
        var event = unsafe epoll_event()
        unsafe event.events = events.rawValue
        // The token only; the kernel gives it back as it is.
        unsafe event.data.u64 = token
        try systemCall("epoll_ctl", "descriptor \(watched)") {
            unsafe epoll_ctl(descriptor.number, operation, watched, &event)
        }
    }

    /// Waits for events.
    ///
    /// - Parameter timeout: milliseconds; -1 without end.
    /// - Returns: whether there are any; none after the timeout or a signal.
    public func wait(_ events: inout EpollEvents, timeout: CInt = -1) throws(SystemError) -> Bool {
        try events.wait(descriptor.number, timeout: timeout)
    }
}

/// Room for the events of one wait, used again and again.
@safe public struct EpollEvents {
    private var entries: [epoll_event]
    /// How many events there are.
    public private(set) var count = 0

    /// Makes room for so many events; at least one.
    public init(capacity: Int) { unsafe entries = Array(repeating: epoll_event(), count: max(capacity, 1)) }

    /// An event: what the descriptor was added with, and what it is ready for.
    public subscript(index: Int) -> (token: UInt64, readiness: Readiness) {
        precondition(index < count)
        // Every event of ours carries a number, never a pointer.
        return unsafe (entries[index].data.u64, Readiness(rawValue: entries[index].events))
    }

    fileprivate mutating func wait(_ epoll: CInt, timeout: CInt) throws(SystemError) -> Bool {
        // The array has as many entries as are named.
        let found = unsafe epoll_wait(epoll, &entries, CInt(entries.count), timeout)
        if found < 0, errno != EINTR { throw .last("epoll_wait", "") }
        count = max(Int(found), 0)
        return count > 0
    }
}
