import CLinux
import Glibc

/// The two ends of a pipe, close-on-exec.
@frozen
public struct Pipe: ~Copyable {
    /// The end to read from.
    public var read: OwnedDescriptor
    /// The end to write to.
    public var write: OwnedDescriptor

    /// Makes a pipe.
    public init() throws(SystemError) {
        var ends: [CInt] = [-1, -1]
        // The array has room for both numbers.
        try systemCall("pipe2") { unsafe linux_pipe2(&ends, O_CLOEXEC) }
        read = OwnedDescriptor(owning: ends[0])
        write = OwnedDescriptor(owning: ends[1])
    }
}

extension OwnedDescriptor {
    /// F_SETPIPE_SZ (`linux/fcntl.h`).
    private static let setPipeSize: CInt = 1031

    /// Gives a pipe room for so many bytes, where it may have so much.
    ///
    /// - Returns: false where it stays as it is: it may not, or it is no pipe.
    @discardableResult
    public borrowing func setPipeSize(_ bytes: CInt) -> Bool { fcntl(number, Self.setPipeSize, bytes) >= bytes }

    /// Makes reads and writes return at once (O_NONBLOCK); it holds for all who share the open file.
    public borrowing func setNonBlocking() throws(SystemError) {
        let flags = try systemCall("fcntl", "F_GETFL") { fcntl(number, F_GETFL) }
        try systemCall("fcntl", "F_SETFL") { fcntl(number, F_SETFL, flags | O_NONBLOCK) }
    }
}
