/// A user of a container by numbers, as `--user` and the image's own files say.
public struct ResolvedUser: Equatable, Sendable {
    /// The user id.
    public var uid: UInt32
    /// The group id.
    public var gid: UInt32
    /// All groups, the first among them.
    public var groups: [UInt32]
    /// The home directory, where the user is known.
    public var home: String?
}

/// The container's /etc/passwd and /etc/group (passwd(5), group(5)). Both are the image's: lines that make no sense are
/// passed over, as the C library does.
public struct UserDatabase: Sendable {
    /// Largest file that is read, in bytes.
    static let maximumSize = 4 << 20

    private let users: [User]
    private let groups: [Group]

    private struct User {
        var name: Substring
        var uid: UInt32
        var gid: UInt32
        var home: Substring
    }

    private struct Group {
        var name: Substring
        var gid: UInt32
        var members: Substring
    }

    /// Reads both files; a file that does not exist is empty.
    public init(_ files: some ContainerFiles) throws {
        self.init(
            passwd: try files.read("/etc/passwd", limit: Self.maximumSize) ?? [],
            group: try files.read("/etc/group", limit: Self.maximumSize) ?? [])
    }

    init(passwd: [UInt8], group: [UInt8]) {
        users = Self.lines(passwd).compactMap { fields in
            guard fields.count >= 4, let uid = UInt32(fields[2]), let gid = UInt32(fields[3]) else { return nil }
            return User(name: fields[0], uid: uid, gid: gid, home: fields.count > 5 ? fields[5] : "")
        }
        groups = Self.lines(group).compactMap { fields in
            guard fields.count >= 3, let gid = UInt32(fields[2]) else { return nil }
            return Group(name: fields[0], gid: gid, members: fields.count > 3 ? fields[3] : "")
        }
    }

    private static func lines(_ bytes: [UInt8]) -> [[Substring]] {
        bytes.split(separator: 0x0A).compactMap { line in
            let text = String(decoding: line, as: UTF8.self)
            if text.hasPrefix("#") { return nil }
            let fields = text.split(separator: ":", omittingEmptySubsequences: false)
            return fields.first?.isEmpty == false ? fields : nil
        }
    }

    /// Turns `user[:group]`, names or numbers, and further groups into numbers.
    ///
    /// - Parameter text: root where it is nil or empty.
    public func resolve(_ text: String?, groups further: [String] = []) throws -> ResolvedUser {
        let parts = (text ?? "").split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts.first.flatMap { $0.isEmpty ? nil : $0 } ?? "0"
        let number = Self.id(name)
        let known = users.first { $0.name == name || $0.uid == number }
        guard let uid = known?.uid ?? number else {
            throw UnusableOptions("no user '\(InvalidOption.shown(String(name)))' in the image's /etc/passwd")
        }
        var user = ResolvedUser(uid: uid, gid: known?.gid ?? 0, groups: [], home: nil)
        if let home = known?.home, home.hasPrefix("/") { user.home = String(home) }
        if parts.count == 2, !parts[1].isEmpty {
            user.gid = try gid(parts[1])
            user.groups = [user.gid]
        } else {
            user.groups = [user.gid]
            if let known {
                user.groups += groups.filter { group in
                    group.members.split(separator: ",").contains(known.name)
                }.map(\.gid)
            }
        }
        for group in further { user.groups.append(try gid(Substring(group))) }
        var seen: Set<UInt32> = []
        user.groups = user.groups.filter { seen.insert($0).inserted }
        // setgroups(2) takes no more.
        if user.groups.count > 65536 { throw UnusableOptions("the user is in more than 65536 groups") }
        return user
    }

    private func gid(_ text: Substring) throws -> UInt32 {
        if let group = groups.first(where: { $0.name == text }) { return group.gid }
        guard let number = Self.id(text) else {
            throw UnusableOptions("no group '\(InvalidOption.shown(String(text)))' in the image's /etc/group")
        }
        return number
    }

    /// A number that setresuid(2) takes: all but the last, which means "no change".
    private static func id(_ text: Substring) -> UInt32? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt32(text), number != .max else {
            return nil
        }
        return number
    }
}
