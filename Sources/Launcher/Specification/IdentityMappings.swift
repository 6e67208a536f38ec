import Glibc
import LinuxSystem
import OCISpec

/// How the users and groups of a container's user namespace are mapped to the host's (user_namespaces(7), subuid(5)).
public struct IdentityMappings: Sendable, Equatable {
    /// Users.
    public var users: [IDMapping]
    /// Groups.
    public var groups: [IDMapping]

    /// Whether only one user is mapped: then no other can be taken on, and setgroups(2) is not allowed.
    public var isSingle: Bool { users.count == 1 && users[0].size == 1 }

    /// Largest file of subordinate ids that is read, in bytes.
    static let maximumSize = 4 << 20
    /// Most lines that a mapping may have (user_namespaces(7)).
    static let maximumRanges = 340

    /// An ordinary user's own id as root, and the subordinate ids above.
    static func rootless(uid: UInt32, gid: UInt32, subordinate: SubordinateIDs) -> IdentityMappings {
        IdentityMappings(
            users: [IDMapping(containerID: 0, hostID: uid, size: 1)] + sequence(subordinate.users, from: 1),
            groups: [IDMapping(containerID: 0, hostID: gid, size: 1)] + sequence(subordinate.groups, from: 1))
    }

    /// The user's own ids are the same inside; the subordinate ids are around them.
    static func keepingID(uid: UInt32, gid: UInt32, subordinate: SubordinateIDs) -> IdentityMappings {
        IdentityMappings(
            users: around(uid, subordinate.users), groups: around(gid, subordinate.groups))
    }

    /// Subordinate ids from 0 on: no user of the host that anybody is.
    static func separate(_ subordinate: SubordinateIDs) -> IdentityMappings {
        IdentityMappings(users: sequence(subordinate.users, from: 0), groups: sequence(subordinate.groups, from: 0))
    }

    private static func sequence(_ ranges: [SubordinateIDs.Range], from first: UInt32) -> [IDMapping] {
        var next = first
        var result: [IDMapping] = []
        for range in ranges.prefix(maximumRanges - 1) {
            let (end, overflow) = next.addingReportingOverflow(range.count)
            if overflow { break }
            result.append(IDMapping(containerID: next, hostID: range.first, size: range.count))
            next = end
        }
        return result
    }

    private static func around(_ id: UInt32, _ ranges: [SubordinateIDs.Range]) -> [IDMapping] {
        var result = [IDMapping(containerID: id, hostID: id, size: 1)]
        for mapping in sequence(ranges, from: 0) {
            let end = mapping.containerID + mapping.size
            if end <= id {
                result.append(mapping)
            } else if mapping.containerID >= id {
                result.append(
                    IDMapping(containerID: mapping.containerID + 1, hostID: mapping.hostID, size: mapping.size))
            } else {
                let below = id - mapping.containerID
                result.append(IDMapping(containerID: mapping.containerID, hostID: mapping.hostID, size: below))
                result.append(
                    IDMapping(containerID: id + 1, hostID: mapping.hostID + below, size: mapping.size - below))
            }
        }
        return result.sorted { $0.containerID < $1.containerID }
    }

    /// The host's id for one of the container's, or nil where it is not mapped.
    static func host(_ id: UInt32, _ mappings: [IDMapping]) -> UInt32? {
        mappings.first { $0.containerID <= id && id - $0.containerID < $0.size }
            .map { $0.hostID + (id - $0.containerID) }
    }
}

/// The ids that /etc/subuid and /etc/subgid give a user.
public struct SubordinateIDs: Sendable, Equatable {
    /// A range of ids.
    public struct Range: Sendable, Equatable {
        /// The first.
        public var first: UInt32
        /// How many.
        public var count: UInt32
    }

    /// Users.
    public var users: [Range] = []
    /// Groups.
    public var groups: [Range] = []

    /// Whether neither users nor groups were given.
    public var isEmpty: Bool { users.isEmpty || groups.isEmpty }

    /// Makes none.
    public init() {}

    /// Reads both files; one that cannot be read gives nothing.
    public init(owner names: [String]) {
        users = Self.read("/etc/subuid", names)
        groups = Self.read("/etc/subgid", names)
        // Users without groups, or the other way round, cannot be mapped to any use.
        if users.isEmpty || groups.isEmpty { (users, groups) = ([], []) }
    }

    private static func read(_ path: String, _ names: [String]) -> [Range] {
        // Without the file nobody has subordinate ids.
        guard let file = try? OwnedDescriptor.open(path, O_RDONLY),
            let bytes = try? BoundedFile.read(file, path, limit: IdentityMappings.maximumSize)
        else { return [] }
        return ranges(bytes, names)
    }

    static func ranges(_ bytes: [UInt8], _ names: [String]) -> [Range] {
        bytes.split(separator: 0x0A).compactMap { line in
            let fields = String(decoding: line, as: UTF8.self).split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count == 3, names.contains(String(fields[0])), let first = UInt32(fields[1]),
                let count = UInt32(fields[2]), first > 0, count > 0, !first.addingReportingOverflow(count).overflow
            else { return nil }
            return Range(first: first, count: count)
        }
    }
}
