import OCISpec

/// Which devices a container may open and make, as an ordered list in which the last match counts.
struct DeviceRules: Equatable {
    /// A kind of device node.
    enum Kind: String {
        case all = "a"
        case block = "b"
        case character = "c"
    }

    /// One rule.
    struct Rule: Equatable {
        var allow: Bool
        var kind: Kind
        /// Any number without it.
        var major: UInt32?
        var minor: UInt32?
        var read = true
        var write = true
        var makeNode = true
        /// Whether it is of the list that every container gets.
        var isDefault = false

        var matchesAll: Bool { kind == .all && major == nil && minor == nil && read && write && makeNode }
    }

    var rules: [Rule]

    /// Whether no device is denied.
    var allowsEverything: Bool { rules.last?.matchesAll == true && rules.last?.allow == true }

    /// The rules of a specification and after them the devices that the runtime itself provides (config-linux.md,
    /// "Default Devices"), unless everything is allowed. Without rules all else is denied.
    init(_ given: [Spec.Resources.DeviceRule]?) {
        rules = []
        for rule in given ?? [] {
            let access = rule.access ?? "rwm"
            let kind = Kind(rawValue: rule.type ?? "a") ?? .all
            func number(_ value: Int64?) -> UInt32? { value.flatMap { $0 < 0 ? nil : UInt32(clamping: $0) } }
            rules.append(
                Rule(
                    allow: rule.allow, kind: kind, major: number(rule.major), minor: number(rule.minor),
                    read: access.contains("r"), write: access.contains("w"), makeNode: access.contains("m")))
        }
        // What comes before a rule about everything has no effect.
        if let last = rules.lastIndex(where: \.matchesAll) { rules.removeFirst(last) }
        if allowsEverything { return }
        if rules.first?.matchesAll != true { rules.insert(Rule(allow: false, kind: .all), at: 0) }
        rules += Self.usual
    }

    /// Nodes may be made (that alone opens nothing); null, zero, full, random, urandom, tty, ptmx and the ptys
    /// (kernel documentation, admin-guide/devices.txt) may be used.
    static let usual: [Rule] = [
        Rule(allow: true, kind: .character, read: false, write: false, isDefault: true),
        Rule(allow: true, kind: .block, read: false, write: false, isDefault: true),
        Rule(allow: true, kind: .character, major: 1, minor: 3, isDefault: true),
        Rule(allow: true, kind: .character, major: 1, minor: 5, isDefault: true),
        Rule(allow: true, kind: .character, major: 1, minor: 7, isDefault: true),
        Rule(allow: true, kind: .character, major: 1, minor: 8, isDefault: true),
        Rule(allow: true, kind: .character, major: 1, minor: 9, isDefault: true),
        Rule(allow: true, kind: .character, major: 5, minor: 0, isDefault: true),
        Rule(allow: true, kind: .character, major: 5, minor: 2, isDefault: true),
        Rule(allow: true, kind: .character, major: 136, isDefault: true),
    ]

    /// The lines for `devices.allow` and `devices.deny` of v1.
    var legacyLines: [(allow: Bool, text: String, isDefault: Bool)] {
        rules.map { rule in
            if rule.matchesAll { return (rule.allow, "a", false) }
            let access = (rule.read ? "r" : "") + (rule.write ? "w" : "") + (rule.makeNode ? "m" : "")
            let major = rule.major.map { String($0) } ?? "*"
            let minor = rule.minor.map { String($0) } ?? "*"
            return (rule.allow, "\(rule.kind.rawValue) \(major):\(minor) \(access)", rule.isDefault)
        }
    }
}
