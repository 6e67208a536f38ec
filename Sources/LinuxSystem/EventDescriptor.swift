import CLinux
import Glibc

/// A counter that wakes whoever waits for its descriptor (eventfd(2)).
public final class EventDescriptor: Sendable {
    private let descriptor: OwnedDescriptor

    /// Makes one, close-on-exec and not blocking.
    public init() throws(SystemError) {
        descriptor = OwnedDescriptor(
            owning: try systemCall("eventfd") { linux_eventfd(0, CInt(O_CLOEXEC | O_NONBLOCK)) })
    }

    /// The number, valid while this object lives.
    public var number: CInt { descriptor.number }

    /// Adds one. A counter that is full wakes just as well, so there is nothing to report.
    public func signal() {
        var one: UInt64 = 1
        while unsafe write(number, &one, 8) < 0, errno == EINTR {}
    }

    /// Sets the counter to zero.
    ///
    /// - Returns: whether it was more than zero.
    @discardableResult
    public func drain() -> Bool {
        var count: UInt64 = 0
        while true {
            if unsafe read(number, &count, 8) == 8 { return true }
            if errno != EINTR { return false }
        }
    }
}
