import Glibc

/// A system call that failed: which call, on what, and why.
public struct SystemError: Error, CustomStringConvertible, Equatable {
    /// The call's name as in its manual page, such as `openat2`.
    public let call: String
    /// What it was applied to: a path, a process, a descriptor's purpose.
    public let object: String
    /// The error number (errno(3)).
    public let number: CInt

    /// Makes an error from an errno that the caller has read.
    public init(_ call: String, _ object: String, number: CInt) {
        self.call = call
        self.object = object
        self.number = number
    }

    /// The error of the call that failed just now.
    public static func last(_ call: String, _ object: String) -> SystemError {
        SystemError(call, object, number: errno)
    }

    /// The kernel's text for the number, in lower case as in the rest of our messages.
    public var reason: String {
        guard let text = unsafe strerror(number) else { return "error \(number)" }
        let reason = unsafe String(cString: text)
        return reason.prefix(1).lowercased() + reason.dropFirst()
    }

    /// The text for people.
    public var description: String {
        object.isEmpty ? "\(call): \(reason)" : "\(call) \(object): \(reason)"
    }
}

/// Repeats a call while it is interrupted by signals; turns -1 into a `SystemError`.
///
/// - Returns: what the call returned, never negative.
@discardableResult
@inline(__always)
public func systemCall<Result: SignedInteger>(
    _ call: @autoclosure () -> String, _ object: @autoclosure () -> String = "", _ body: () -> Result
) throws(SystemError) -> Result {
    while true {
        let result = body()
        if result >= 0 { return result }
        let number = errno
        if number != EINTR { throw SystemError(call(), object(), number: number) }
    }
}
