import OCISpec

/// A device of the host as `--device` asked for it.
public struct DeviceOption: Sendable, Equatable {
    /// The device, or a directory of devices.
    public var source: String
    /// Where it appears, absolute.
    public var destination: String
    /// Of `r`, `w`, `m`.
    public var access = "rwm"

    /// `HOST[:CONTAINER][:rwm]`.
    init(_ text: String) throws(Unacceptable) {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (1...3).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }) else {
            throw "it should be HOST[:CONTAINER[:rwm]]"
        }
        if parts.count == 2, Self.isAccess(parts[1]) { parts.insert(parts[0], at: 1) }
        source = try MountOption.absolute(parts[0])
        destination = parts.count > 1 ? try MountOption.target(parts[1]) : source
        if destination == "/" { throw "it should be a device" }
        if parts.count == 3 {
            guard Self.isAccess(parts[2]) else { throw "access is made of r, w and m" }
            access = parts[2]
        }
    }

    private static func isAccess(_ text: String) -> Bool {
        let letters = Set(text)
        return !text.isEmpty && letters.count == text.count && letters.isSubset(of: ["r", "w", "m"])
    }

    /// `c 10:229 rw`: type, numbers (or `*`) and access (cgroups(7), v1 `devices.allow`).
    static func rule(_ text: String) throws(Unacceptable) -> Spec.Resources.DeviceRule {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, ["a", "b", "c"].contains(parts[0]), isAccess(parts[2]) else {
            throw "it should be as 'c 10:229 rw'"
        }
        let numbers = parts[1].split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard numbers.count == 2 else { throw "it should be as 'c 10:229 rw'" }
        return Spec.Resources.DeviceRule(
            allow: true, type: parts[0], major: try number(numbers[0]), minor: try number(numbers[1]), access: parts[2])
    }

    private static func number(_ text: String) throws(Unacceptable) -> Int64? {
        text == "*" ? nil : Int64(try Quantity.integer(text, in: 0...UInt32.max))
    }
}
