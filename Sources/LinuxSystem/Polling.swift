import Glibc

/// Waits until one of a few descriptors is ready (poll(2)). The set is given anew each time: with a handful of
/// descriptors that costs less than keeping an epoll in step with them.
public struct PollSet {
    private var entries: [pollfd] = []

    /// Makes an empty set.
    public init() {}

    /// How many places there are.
    public var count: Int { entries.count }

    /// Adds a descriptor; -1 is passed over and never ready.
    ///
    /// - Returns: its place, by which `isReady` is asked.
    @discardableResult
    public mutating func add(_ descriptor: CInt, _ events: CInt) -> Int {
        entries.append(pollfd(fd: descriptor, events: Int16(truncatingIfNeeded: events), revents: 0))
        return entries.count - 1
    }

    /// Waits.
    ///
    /// - Parameter timeout: milliseconds; -1 without end.
    /// - Returns: whether something is ready; false after the timeout or a signal.
    public mutating func wait(timeout: CInt = -1) throws(SystemError) -> Bool {
        // The array holds as many entries as are named.
        let count = unsafe poll(&entries, nfds_t(entries.count), timeout)
        if count < 0, errno == EINTR {
            for index in entries.indices { entries[index].revents = 0 }
            return false
        }
        if count < 0 { throw .last("poll", "") }
        return count > 0
    }

    /// Whether something happened at a place: data, room, an error or the other side's end. -1, which is no place, is never
    /// ready.
    public func isReady(_ place: Int) -> Bool { place >= 0 && entries[place].revents != 0 }

    /// Whether a place has one of these events.
    public func has(_ events: CInt, at place: Int) -> Bool { CInt(entries[place].revents) & events != 0 }
}
