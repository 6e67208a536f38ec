import LinuxSystem

/// The two first numbers of a kernel's release.
public struct KernelVersion: Comparable, Sendable, CustomStringConvertible {
    /// The first number.
    public var major: Int
    /// The second number.
    public var minor: Int

    /// Makes a version.
    public init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Reads `6.1`, `6.18.44-something`; nil for what does not begin with two numbers.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count >= 2, let major = Int(parts[0]) else { return nil }
        let digits = parts[1].prefix { $0.isASCII && $0.isNumber }
        guard let minor = Int(digits), (0...65535).contains(major), (0...65535).contains(minor) else { return nil }
        if parts.count == 2 && digits.count != parts[1].count && !parts[1].contains("-") { return nil }
        self.init(major, minor)
    }

    /// The running kernel's.
    public static var running: KernelVersion {
        // A kernel that does not say is taken for the oldest.
        (try? SystemName.current()).flatMap { KernelVersion($0.release) } ?? KernelVersion(0, 0)
    }

    /// Older first.
    public static func < (left: KernelVersion, right: KernelVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    /// As in `6.18`.
    public var description: String { "\(major).\(minor)" }
}
