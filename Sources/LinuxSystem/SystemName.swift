import Glibc

/// What the running kernel says of itself and of this host (uname(2)).
public struct SystemName: Sendable {
    /// The host's name, in this process's UTS namespace.
    public let host: String
    /// The kernel's release, such as `6.12.9-amd64`.
    public let release: String
    /// The kernel's build.
    public let version: String

    /// Asks the kernel.
    public static func current() throws(SystemError) -> SystemName {
        var names = utsname()
        try systemCall("uname") { unsafe uname(&names) }
        return SystemName(
            host: text(&names.nodename), release: text(&names.release), version: text(&names.version))
    }

    /// A field of the kernel's, which it ends with a NUL within the array.
    private static func text<Field>(_ field: inout Field) -> String {
        unsafe withUnsafeBytes(of: &field) { unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
