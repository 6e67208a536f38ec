import CLinux
import Glibc
import LinuxSystem
import OCISpec

/// What a specification depends on of the process and the host that it is made on. A value, so that tests can make one
/// up.
public struct HostFacts: Sendable {
    /// Our effective user id.
    public var uid: UInt32
    /// Our effective group id.
    public var gid: UInt32
    /// Capabilities that we can give, by name.
    public var capabilities: [String]
    /// The host's name.
    public var hostname: String
    /// Whether /sys/fs/cgroup is one cgroup v2 hierarchy.
    public var unifiedControlGroups: Bool
    /// Whether the host has its message queues at /dev/mqueue.
    public var showsMessageQueues: Bool
    /// Whether control groups are made below our own, as an ordinary user must.
    public var groupsAreBelowOurs: Bool
    /// Subordinate ids: of the user `containers` for root, else our own. A function, for most containers need none.
    public var subordinateIDs: @Sendable () -> SubordinateIDs

    /// Whether we are an ordinary user.
    public var isRootless: Bool { uid != 0 }

    /// The facts of a guest's kernel: a workload in it is made by root, with all capabilities, control groups v2 and users of
    /// its own.
    public var asSeenByGuest: HostFacts {
        HostFacts(
            uid: 0, gid: 0, capabilities: CapabilityNames.all, hostname: hostname, unifiedControlGroups: true,
            groupsAreBelowOurs: groupsAreBelowOurs, subordinateIDs: subordinateIDs)
    }

    /// Makes facts.
    public init(
        uid: UInt32, gid: UInt32, capabilities: [String], hostname: String, unifiedControlGroups: Bool,
        showsMessageQueues: Bool = true, groupsAreBelowOurs: Bool? = nil,
        subordinateIDs: @escaping @Sendable () -> SubordinateIDs
    ) {
        self.uid = uid
        self.gid = gid
        self.capabilities = capabilities
        self.hostname = hostname
        self.unifiedControlGroups = unifiedControlGroups
        self.showsMessageQueues = showsMessageQueues
        self.groupsAreBelowOurs = groupsAreBelowOurs ?? (uid != 0)
        self.subordinateIDs = subordinateIDs
    }

    /// The facts of this process.
    public static func current() throws -> HostFacts {
        let uid = geteuid()
        return HostFacts(
            uid: uid, gid: getegid(), capabilities: try ownCapabilities(),
            hostname: (try? SystemName.current())?.host ?? "localhost",
            unifiedControlGroups: isUnified(),
            showsMessageQueues: unsafe access("/dev/mqueue", F_OK) == 0, subordinateIDs: { ownSubordinateIDs(uid) })
    }

    private static func ownCapabilities() throws(SystemError) -> [String] {
        var (effective, permitted, inheritable): (UInt64, UInt64, UInt64) = (0, 0, 0)
        try systemCall("capget") { unsafe linux_capget(&effective, &permitted, &inheritable) }
        return CapabilityNames.all.enumerated().filter { permitted & (1 << UInt64($0.offset)) != 0 }.map(\.element)
    }

    private static func isUnified() -> Bool {
        // Only the root of a cgroup v2 hierarchy has this file.
        unsafe access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0
    }

    private static func ownSubordinateIDs(_ uid: UInt32) -> SubordinateIDs {
        if uid == 0 { return SubordinateIDs(owner: ["containers"]) }
        var names = [String(uid)]
        if let passwd = try? RootedFiles(root: "/").read("/etc/passwd", limit: UserDatabase.maximumSize) {
            for line in passwd.split(separator: 0x0A) {
                let fields = String(decoding: line, as: UTF8.self).split(
                    separator: ":", omittingEmptySubsequences: false)
                if fields.count > 2, UInt32(fields[2]) == uid { names.append(String(fields[0])) }
            }
        }
        return SubordinateIDs(owner: names)
    }
}
