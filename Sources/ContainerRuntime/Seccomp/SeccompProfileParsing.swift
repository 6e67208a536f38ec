import JSON
import OCISpec

extension SeccompProfile {
    /// Most bytes that a profile may have.
    public static let maximumSize = 1 << 20

    /// Reads a profile in Moby's form; the runtime specification's own form is a part of it.
    public init(parsing bytes: [UInt8]) throws(SeccompError) {
        guard bytes.count <= Self.maximumSize else {
            throw .malformed(at: "", reason: "larger than \(Self.maximumSize) bytes")
        }
        let value: JSONValue
        do {
            value = try JSONParser.parse(bytes)
        } catch {
            throw .malformed(at: "", reason: error.description)
        }
        let top = try ProfileReader(value, at: "")
        guard let action = try top.text("defaultAction") else {
            throw .malformed(at: "defaultAction", reason: "missing")
        }
        defaultAction = try SeccompAction.checked(action, at: "defaultAction")
        defaultErrnoRet = try top.errno("defaultErrnoRet", name: "defaultErrno")
        flags = try top.texts("flags")
        if try top.text("listenerPath")?.isEmpty == false {
            throw .unsupported("listenerPath: supervising system calls in user space is not supported yet")
        }
        architectures = try top.texts("architectures")
        subArchitectures = [:]
        for (index, entry) in try top.list("archMap").enumerated() {
            let map = try ProfileReader(entry, at: "archMap[\(index)]")
            guard let name = try map.text("architecture") else {
                throw .malformed(at: "archMap[\(index)].architecture", reason: "missing")
            }
            subArchitectures[name] = try map.texts("subArchitectures")
        }
        if !architectures.isEmpty && !subArchitectures.isEmpty {
            throw .malformed(at: "architectures", reason: "cannot stand beside archMap")
        }
        rules = []
        var names = 0
        for (index, entry) in try top.list("syscalls").enumerated() {
            let rule = try Self.rule(ProfileReader(entry, at: "syscalls[\(index)]"))
            names += rule.rule.names.count
            if names > 20_000 { throw .malformed(at: "syscalls[\(index)]", reason: "more than 20000 names in all") }
            rules.append(rule)
        }
    }

    private static func rule(_ reader: ProfileReader) throws(SeccompError) -> Rule {
        var names = try reader.texts("names")
        if let name = try reader.text("name"), !name.isEmpty {
            guard names.isEmpty else { throw .malformed(at: reader.place("name"), reason: "cannot stand beside names") }
            names = [name]
        }
        guard !names.isEmpty else { throw .malformed(at: reader.place("names"), reason: "names no system call") }
        for (index, name) in names.enumerated() {
            let plain = name.utf8.allSatisfy { byte in
                byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            }
            guard plain, (1...64).contains(name.utf8.count) else {
                throw .malformed(at: reader.place("names[\(index)]"), reason: "is no name of a system call")
            }
        }
        guard let action = try reader.text("action") else {
            throw .malformed(at: reader.place("action"), reason: "missing")
        }
        var arguments: [Spec.Seccomp.Argument] = []
        for (index, entry) in try reader.list("args").enumerated() {
            let argument = try ProfileReader(entry, at: reader.place("args[\(index)]"))
            guard let number = try argument.number("index"), number <= 5 else {
                throw .malformed(at: argument.place("index"), reason: "must be 0 to 5")
            }
            guard let op = try argument.text("op"), SeccompComparison(rawValue: op) != nil else {
                throw .malformed(at: argument.place("op"), reason: "must be SCMP_CMP_EQ or another of its kind")
            }
            guard let value = try argument.number("value") else {
                throw .malformed(at: argument.place("value"), reason: "missing")
            }
            arguments.append(
                Spec.Seccomp.Argument(
                    index: UInt32(number), value: value, valueTwo: try argument.number("valueTwo"), op: op))
        }
        guard arguments.count <= 64 else { throw .malformed(at: reader.place("args"), reason: "more than 64") }
        return Rule(
            rule: Spec.Seccomp.Rule(
                names: names, action: try SeccompAction.checked(action, at: reader.place("action")),
                errnoRet: try reader.errno("errnoRet", name: "errno"), args: arguments.isEmpty ? nil : arguments),
            includes: try condition(reader, "includes"), excludes: try condition(reader, "excludes"))
    }

    private static func condition(_ reader: ProfileReader, _ key: String) throws(SeccompError) -> Condition {
        guard let value = reader.value(key) else { return Condition() }
        let inner = try ProfileReader(value, at: reader.place(key))
        var condition = Condition()
        condition.capabilities = try inner.texts("caps")
        condition.architectures = try inner.texts("arches")
        if let text = try inner.text("minKernel"), !text.isEmpty {
            guard let version = KernelVersion(text) else {
                throw .malformed(at: inner.place("minKernel"), reason: "\"\(text)\" is no version such as 4.8")
            }
            condition.minimumKernel = version
        }
        return condition
    }
}

/// Members of one object of a profile, with the place for messages.
private struct ProfileReader {
    private let object: JSONObject
    private let path: String

    init(_ value: JSONValue, at path: String) throws(SeccompError) {
        guard let object = value.objectValue else {
            throw .malformed(at: path, reason: "must be an object, is \(value.kind)")
        }
        self.object = object
        self.path = path
    }

    func place(_ key: String) -> String { path.isEmpty ? key : path + "." + key }

    /// A member; null is as good as none.
    func value(_ key: String) -> JSONValue? {
        let value = object[key]
        return value == .null ? nil : value
    }

    func text(_ key: String) throws(SeccompError) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value.stringValue else {
            throw .malformed(at: place(key), reason: "must be a string, is \(value.kind)")
        }
        return text
    }

    func list(_ key: String) throws(SeccompError) -> [JSONValue] {
        guard let value = value(key) else { return [] }
        guard let list = value.arrayValue else {
            throw .malformed(at: place(key), reason: "must be an array, is \(value.kind)")
        }
        return list
    }

    func texts(_ key: String) throws(SeccompError) -> [String] {
        var texts: [String] = []
        for (index, element) in try list(key).enumerated() {
            guard let text = element.stringValue else {
                throw .malformed(at: place("\(key)[\(index)]"), reason: "must be a string, is \(element.kind)")
            }
            texts.append(text)
        }
        return texts
    }

    func number(_ key: String) throws(SeccompError) -> UInt64? {
        guard let value = value(key) else { return nil }
        switch value {
        case .integer(let number) where number >= 0: return UInt64(number)
        case .unsigned(let number): return number
        default: throw .malformed(at: place(key), reason: "must be a whole number of 0 or more")
        }
    }

    /// An error number. Some profiles also give its name, which counts only where there is no number.
    func errno(_ key: String, name: String) throws(SeccompError) -> UInt32? {
        if let number = try number(key) {
            guard number <= 4095 else { throw .malformed(at: place(key), reason: "must be 0 to 4095") }
            return UInt32(number)
        }
        if try text(name)?.isEmpty == false {
            throw .unsupported("\(place(name)): names of errors are not supported; give the number as \(key)")
        }
        return nil
    }
}
