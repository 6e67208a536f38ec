import Glibc
import GuestMemory
import LinuxSystem

/// Where a console's output goes.
public protocol ConsoleOutput: AnyObject {
    /// A descriptor that becomes writable when more can be taken; nil where all is always taken.
    var descriptor: CInt? { get }
    /// Takes bytes. Never blocks.
    ///
    /// - Returns: how many were taken, from the first on.
    func write(_ bytes: [UInt8]) throws(SystemError) -> Int
}

/// A console's output to a descriptor: a pipe, a socket, a terminal or a file.
public final class ConsoleDescriptorOutput: ConsoleOutput {
    private let owned: OwnedDescriptor
    /// As of `ConsoleOutput`; nil for a file, which is always writable and which epoll does not take.
    public let descriptor: CInt?

    /// Takes over a descriptor, which becomes non-blocking.
    public init(_ owned: consuming OwnedDescriptor) throws(SystemError) {
        try owned.setNonBlocking()
        var status = stat()
        try systemCall("fstat", "console output") { unsafe fstat(owned.number, &status) }
        descriptor = status.st_mode & S_IFMT == S_IFREG ? nil : owned.number
        self.owned = owned
    }

    /// As of `ConsoleOutput`.
    public func write(_ bytes: [UInt8]) throws(SystemError) -> Int {
        do throws(SystemError) {
            return try systemCall("write", "console output") {
                unsafe bytes.withUnsafeBytes { unsafe Glibc.write(owned.number, $0.baseAddress, $0.count) }
            }
        } catch {
            if error.number == EAGAIN { return 0 }
            throw error
        }
    }
}
