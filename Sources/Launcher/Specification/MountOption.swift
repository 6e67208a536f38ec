/// One mount as `--volume`, `--mount` or `--tmpfs` asked for it.
public struct MountOption: Sendable, Equatable {
    /// What is mounted.
    public enum Kind: Sendable, Equatable {
        /// A path of the host, absolute.
        case bind(source: String)
        /// An empty file system in memory.
        case tmpfs
    }

    /// What is mounted.
    public var kind: Kind
    /// Where, absolute in the container.
    public var destination: String
    /// Whether it is read-only.
    public var readOnly = false
    /// Whether a read-only bind mount makes the mounts below its source read-only too.
    public var readOnlyBelow = true
    /// Whether mounts below a bind mount's source come along.
    public var recursive = true
    /// Options as in fstab, in the order given.
    public var options: [String] = []

    init(_ kind: Kind, destination: String) {
        self.kind = kind
        self.destination = destination
    }

    static let propagations: Set<String> = ["private", "rprivate", "slave", "rslave", "shared", "rshared"]
    /// Flags that a bind mount takes besides its propagation.
    static let bindFlags: Set<String> = ["exec", "noexec", "dev", "nodev", "suid", "nosuid"]
    /// What other launchers use elsewhere, and what changes nothing on Linux without SELinux.
    static let ignored: Set<String> = ["z", "Z", "nocopy", "consistent", "cached", "delegated"]

    /// An absolute path without `.`, `..` and doubled slashes.
    public static func absolute(_ text: String) throws(Unacceptable) -> String {
        guard text.hasPrefix("/") else { throw "it should be an absolute path" }
        var parts: [Substring] = []
        for part in text.split(separator: "/") where part != "." {
            if part == ".." {
                parts = parts.dropLast()
            } else {
                parts.append(part)
            }
        }
        return "/" + parts.joined(separator: "/")
    }

    static func target(_ text: String) throws(Unacceptable) -> String {
        let path = try absolute(text)
        if path == "/" { throw "nothing can be mounted on the container's root" }
        return path
    }
}

extension MountOption {
    /// `HOST:CONTAINER[:OPTIONS]`.
    init(volume text: String, workingDirectory: String) throws(Unacceptable) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 3, parts.allSatisfy({ !$0.isEmpty }) else { throw "it should be HOST:CONTAINER[:OPTIONS]" }
        guard parts.count >= 2 else { throw "volumes without a path of the host are not there yet: HOST:CONTAINER" }
        let source: String
        if parts[0].hasPrefix("/") {
            source = try Self.absolute(parts[0])
        } else if parts[0] == "." || parts[0].hasPrefix("./") || parts[0] == ".." || parts[0].hasPrefix("../") {
            source = try Self.absolute(workingDirectory + "/" + parts[0])
        } else {
            throw "named volumes are not there yet: give a path that begins with / or ./"
        }
        self.init(.bind(source: source), destination: try Self.target(parts[1]))
        guard parts.count == 3 else { return }
        for option in parts[2].split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
            switch option {
            case "ro", "readonly": readOnly = true
            case "rw": readOnly = false
            case "bind": recursive = false
            case "rbind": recursive = true
            case _ where Self.propagations.contains(option) || Self.bindFlags.contains(option):
                options.append(option)
            case _ where Self.ignored.contains(option): break
            default: throw "'\(InvalidOption.shown(option))' is no option of a bind mount"
            }
        }
    }
}

extension MountOption {
    /// `DIR[:OPTIONS]`.
    init(tmpfs text: String) throws(Unacceptable) {
        let colon = text.firstIndex(of: ":") ?? text.endIndex
        self.init(.tmpfs, destination: try Self.target(String(text[..<colon])))
        for option in text[colon...].dropFirst().split(separator: ",").map(String.init) {
            try takeTmpfs(option)
        }
    }

    private static let tmpfsFlags: Set<String> = [
        "exec", "noexec", "dev", "nodev", "suid", "nosuid", "sync", "async", "atime", "noatime", "diratime",
        "nodiratime", "relatime", "norelatime", "strictatime", "nostrictatime",
    ]

    /// One option of a tmpfs (tmpfs(5)); what names other objects of the system is left out.
    private mutating func takeTmpfs(_ option: String) throws(Unacceptable) {
        if Self.tmpfsFlags.contains(option) || Self.propagations.contains(option) {
            options.append(option)
            return
        }
        switch option {
        case "ro": readOnly = true
        case "rw": readOnly = false
        default:
            let (name, value) = EnvironmentFile.split(option)
            switch name {
            case "size":
                let isShare = value?.hasSuffix("%") == true
                let size: String
                if isShare {
                    let share = try Quantity.integer(String((value ?? "").dropLast()), in: 1...100)
                    size = "\(share)%"
                } else {
                    size = "\(try Quantity.bytes(value ?? ""))"
                }
                options.append("size=\(size)")
            case "mode": options.append("mode=\(try Self.mode(value ?? ""))")
            case "nr_inodes", "nr_blocks": options.append("\(name)=\(try Quantity.bytes(value ?? ""))")
            case "uid", "gid":
                options.append("\(name)=\(try Quantity.integer(value ?? "", in: 0...UInt32.max - 1))")
            default: throw "'\(InvalidOption.shown(option))' is no option of a tmpfs"
            }
        }
    }

    private static func mode(_ text: String) throws(Unacceptable) -> String {
        guard let mode = UInt16(text, radix: 8), mode <= 0o7777, !text.hasPrefix("+") else {
            throw "a mode is octal, as 1777"
        }
        return String(mode, radix: 8)
    }
}

extension MountOption {
    /// `type=bind,src=…,dst=…,readonly`, as comma-separated values with quotes.
    init(mount text: String) throws(Unacceptable) {
        var type = "volume"
        var source: String?
        var destination: String?
        var rest: [(name: String, value: String?)] = []
        for field in try Self.fields(text) {
            let (name, value) = EnvironmentFile.split(field)
            switch name.lowercased() {
            case "type": type = value ?? ""
            case "source", "src": source = value ?? ""
            case "destination", "dst", "target": destination = value ?? ""
            default: rest.append((name.lowercased(), value))
            }
        }
        guard let destination else { throw "it has no target" }
        let target = try Self.target(destination)
        switch type {
        case "bind":
            guard let source else { throw "a bind mount needs a source" }
            self.init(.bind(source: try Self.absolute(source)), destination: target)
        case "tmpfs":
            if source != nil { throw "a tmpfs has no source" }
            self.init(.tmpfs, destination: target)
        case "volume": throw "volumes are not there yet: type=bind and type=tmpfs are"
        default: throw "type=bind and type=tmpfs are known"
        }
        for (name, value) in rest { try take(name, value) }
    }

    private mutating func take(_ name: String, _ value: String?) throws(Unacceptable) {
        switch (name, kind) {
        case ("readonly", _), ("ro", _): readOnly = try Quantity.flag(value ?? "true")
        case ("consistency", _): break
        case ("bind-propagation", .bind):
            guard let value, Self.propagations.contains(value) else {
                throw "a bind-propagation is rprivate, rslave, …"
            }
            options.append(value)
        case ("bind-nonrecursive", .bind): recursive = try !Quantity.flag(value ?? "true")
        case ("bind-recursive", .bind):
            guard let value, ["enabled", "disabled", "writable", "readonly"].contains(value) else {
                throw "bind-recursive is enabled, disabled, writable or readonly"
            }
            recursive = value != "disabled"
            readOnlyBelow = value != "writable"
        case ("tmpfs-size", .tmpfs): try takeTmpfs("size=\(value ?? "")")
        case ("tmpfs-mode", .tmpfs): try takeTmpfs("mode=\(value ?? "")")
        default: throw "'\(InvalidOption.shown(name))' is no option of this mount"
        }
    }

    /// Splits comma-separated values; a value in double quotes may hold commas, and a doubled quote is one (RFC 4180).
    static func fields(_ text: String) throws(Unacceptable) -> [String] {
        var result: [String] = []
        var field = ""
        var quoted = false
        var rest = Substring(text)
        while let character = rest.popFirst() {
            if quoted {
                if character != "\"" {
                    field.append(character)
                } else if rest.first == "\"" {
                    field.append("\"")
                    rest.removeFirst()
                } else {
                    quoted = false
                    if let next = rest.first, next != "," { throw "a quote ends in the middle of a field" }
                }
            } else if character == "\"" {
                if !field.isEmpty { throw "a quote begins in the middle of a field" }
                quoted = true
            } else if character == "," {
                result.append(field)
                field = ""
            } else {
                field.append(character)
            }
        }
        if quoted { throw "a quote is not closed" }
        return result + [field]
    }
}
