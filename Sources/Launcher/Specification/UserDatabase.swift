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

/// The container's /etc/passwd and /etc/group (passwd(5), group(5)). Both are the image's or the workload's: lines that make
/// no sense are passed over, as the C library does.
public struct UserDatabase: Sendable {
    /// Largest file that is read, in bytes.
    static let maximumSize = 4 << 20

    // Kept as bytes and searched line by line: on the way of every start, and most lines are never wanted.
    private let passwd: [UInt8]
    private let group: [UInt8]

    private struct User {
        var name: ArraySlice<UInt8>
        var uid: UInt32
        var gid: UInt32
        var home: ArraySlice<UInt8>
    }

    /// Reads both files; a file that does not exist is empty.
    public init(_ files: some ContainerFiles) throws {
        self.init(
            passwd: try files.read("/etc/passwd", limit: Self.maximumSize) ?? [],
            group: try files.read("/etc/group", limit: Self.maximumSize) ?? [])
    }

    init(passwd: [UInt8], group: [UInt8]) {
        self.passwd = passwd
        self.group = group
    }

    /// Calls a body with the fields of each line until it returns false; comments and lines without a name are left
    /// out.
    private static func forEachLine(_ bytes: [UInt8], _ body: ([ArraySlice<UInt8>]) -> Bool) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let line = rest.prefix { $0 != 0x0A }
            rest = rest.dropFirst(line.count + 1)
            if line.isEmpty || line.first == UInt8(ascii: "#") || line.first == UInt8(ascii: ":") { continue }
            if !body(line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)) { return }
        }
    }

    /// The first user with this name or number.
    private func user(_ name: [UInt8], _ number: UInt32?) -> User? {
        var found: User?
        Self.forEachLine(passwd) { fields in
            guard fields.count >= 4, let uid = Self.id(fields[2]), let gid = Self.id(fields[3]) else { return true }
            guard fields[0].elementsEqual(name) || uid == number else { return true }
            found = User(name: fields[0], uid: uid, gid: gid, home: fields.count > 5 ? fields[5] : [])
            return false
        }
        return found
    }

    /// The groups that have a user among their members.
    private func groups(of user: ArraySlice<UInt8>) -> [UInt32] {
        var result: [UInt32] = []
        Self.forEachLine(group) { fields in
            guard fields.count > 3, let gid = Self.id(fields[2]) else { return true }
            let members = fields[3].split(separator: UInt8(ascii: ","))
            if members.contains(where: { $0.elementsEqual(user) }) { result.append(gid) }
            return true
        }
        return result
    }

    /// Turns `user[:group]`, names or numbers, and further groups into numbers.
    ///
    /// - Parameter text: root where it is nil or empty.
    public func resolve(_ text: String?, groups further: [String] = []) throws -> ResolvedUser {
        let parts = (text ?? "").split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts.first.flatMap { $0.isEmpty ? nil : $0 } ?? "0"
        let number = Self.id(name)
        let known = user(Array(name.utf8), number)
        guard let uid = known?.uid ?? number else {
            throw UnusableOptions("no user '\(InvalidOption.shown(String(name)))' in the container's /etc/passwd")
        }
        var user = ResolvedUser(uid: uid, gid: known?.gid ?? 0, groups: [], home: nil)
        if let home = known?.home, home.first == UInt8(ascii: "/"), !home.contains(0) {
            user.home = String(decoding: home, as: UTF8.self)
        }
        if parts.count == 2, !parts[1].isEmpty {
            user.gid = try gid(parts[1])
            user.groups = [user.gid]
        } else {
            user.groups = [user.gid]
            if let known { user.groups += groups(of: known.name) }
        }
        for group in further { user.groups.append(try gid(Substring(group))) }
        user.groups = Self.withoutRepetitions(user.groups)
        // setgroups(2) takes no more.
        if user.groups.count > 65536 { throw UnusableOptions("the user is in more than 65536 groups") }
        return user
    }

    private func gid(_ text: Substring) throws -> UInt32 {
        var found: UInt32?
        let name = Array(text.utf8)
        Self.forEachLine(group) { fields in
            guard fields.count >= 3, fields[0].elementsEqual(name), let gid = Self.id(fields[2]) else { return true }
            found = gid
            return false
        }
        guard let number = found ?? Self.id(text) else {
            throw UnusableOptions("no group '\(InvalidOption.shown(String(text)))' in the container's /etc/group")
        }
        return number
    }

    private static func withoutRepetitions(_ groups: [UInt32]) -> [UInt32] {
        if groups.count < 2 { return groups }
        var seen: Set<UInt32> = []
        return groups.filter { seen.insert($0).inserted }
    }

    private static func id(_ text: Substring) -> UInt32? { id(Array(text.utf8)[...]) }

    /// A number that setresuid(2) takes: all but the last, which means "no change".
    private static func id(_ digits: ArraySlice<UInt8>) -> UInt32? {
        if digits.isEmpty || digits.count > 10 { return nil }
        var number: UInt64 = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            number = number * 10 + UInt64(digit - 0x30)
        }
        return number < UInt64(UInt32.max) ? UInt32(number) : nil
    }
}
