import Glibc
import LinuxSystem

extension ControlGroup {
    /// Where this host keeps its control groups (cgroups(7)): v1 hierarchies by controller, and the v2 hierarchy. A
    /// controller is in one or the other; where some are in v1 and v2 holds the rest (a hybrid), each is used where
    /// it is.
    public struct Layout: Sendable, Equatable {
        /// One mounted hierarchy.
        public struct Hierarchy: Sendable, Equatable {
            /// The controllers that are bound to it: `memory`, `cpu` and so on.
            public var controllers: [String]
            /// Where it is mounted.
            public var mountPoint: String
            /// This process's group below the mount point: empty for the root, else `/a/b`.
            public var ownGroup: String
        }

        /// The v1 hierarchies that have controllers.
        public var legacy: [Hierarchy]
        /// The v2 hierarchy.
        public var unified: Hierarchy?

        /// Makes a layout.
        public init(legacy: [Hierarchy], unified: Hierarchy?) {
            self.legacy = legacy
            self.unified = unified
        }

        /// Whether there are no control groups at all.
        public var isEmpty: Bool { legacy.isEmpty && unified == nil }

        /// The v1 hierarchy of a controller.
        public func legacyHierarchy(of controller: String) -> Hierarchy? {
            legacy.first { $0.controllers.contains(controller) }
        }

        /// The layout of the host, as this process sees it.
        public static func current() throws(ControlGroupError) -> Layout {
            let mounts = try KernelFile.read("/proc/self/mountinfo", limit: 16 << 20)
            let groups = try KernelFile.read("/proc/self/cgroup", limit: 1 << 20)
            var layout = parse(mountInfo: mounts, ownGroups: groups)
            if let unified = layout.unified {
                // Missing in a v2 mount without controllers: then there are none to use.
                let names = try? KernelFile.read(unified.mountPoint + "/cgroup.controllers")
                layout.unified?.controllers = (names ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
            }
            return layout
        }

        /// Reads proc_pid_mountinfo(5) and cgroups(7)'s `/proc/PID/cgroup`; the v2 controllers stay empty.
        static func parse(mountInfo: String, ownGroups: String) -> Layout {
            let own = OwnGroups(ownGroups)
            var layout = Layout(legacy: [], unified: nil)
            for line in mountInfo.utf8.split(separator: UInt8(ascii: "\n")) {
                guard let mount = Mount(line) else { continue }
                if mount.type == "cgroup2", layout.unified == nil {
                    layout.unified = Hierarchy(
                        controllers: [], mountPoint: mount.point,
                        ownGroup: mount.relative(own.unified))
                } else if mount.type == "cgroup" {
                    let controllers = mount.superOptions.filter(knownControllers.contains)
                    let known = layout.legacy.flatMap(\.controllers)
                    guard let first = controllers.first, !known.contains(first) else { continue }
                    layout.legacy.append(
                        Hierarchy(
                            controllers: controllers, mountPoint: mount.point,
                            ownGroup: mount.relative(own.byController[first] ?? "/")))
                }
            }
            return layout
        }

        /// Controllers of v1 (cgroups(7)); the other options of such a mount are not controllers.
        static let knownControllers: Set<String> = [
            "cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids", "net_cls", "net_prio",
            "perf_event", "hugetlb", "rdma", "misc",
        ]
    }
}

/// The groups of this process, by controller.
private struct OwnGroups {
    var byController: [String: String] = [:]
    var unified = "/"

    init(_ text: String) {
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            if fields[1].isEmpty {
                unified = String(Substring(fields[2]))
            } else {
                for controller in fields[1].split(separator: UInt8(ascii: ",")) {
                    byController[String(Substring(controller))] = String(Substring(fields[2]))
                }
            }
        }
    }
}

/// One line of mountinfo.
private struct Mount {
    let root: String
    let point: String
    let type: String
    let superOptions: [String]

    /// Reads a line; nil for other file systems than those of control groups.
    init?(_ line: Substring.UTF8View) {
        // Cheap tests first: hosts have hundreds of mounts. The ninth to eleventh field can be anywhere after the seventh,
        // for there are optional ones before.
        guard line.count < 65536 else { return nil }
        let fields = line.split(separator: UInt8(ascii: " "))
        guard let separator = fields.indices.dropFirst(6).first(where: { fields[$0].elementsEqual("-".utf8) }),
            fields.count >= separator + 4
        else { return nil }
        guard fields[separator + 1].starts(with: "cgroup".utf8) else { return nil }
        root = Mount.unescape(Substring(fields[3]))
        point = Mount.unescape(Substring(fields[4]))
        type = String(Substring(fields[separator + 1]))
        superOptions = fields[separator + 3].split(separator: UInt8(ascii: ",")).map { String(Substring($0)) }
    }

    /// A group's path as seen below this mount, which may show only a part of the hierarchy.
    func relative(_ group: String) -> String {
        var path = Substring(group)
        if root != "/" {
            if path == root { return "" }
            guard path.hasPrefix(root + "/") else { return "" }
            path = path.dropFirst(root.utf8.count)
        }
        // A group outside of the cgroup namespace shows as /.. : there is no name for it here.
        if path == "/" || path.split(separator: "/").contains("..") { return "" }
        return String(path)
    }

    /// Octal escapes of proc_pid_mountinfo(5).
    static func unescape(_ field: Substring) -> String {
        guard field.utf8.contains(UInt8(ascii: "\\")) else { return String(field) }
        let bytes = Array(field.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\\"), index + 3 < bytes.count {
                let digits = bytes[(index + 1)...(index + 3)].map { Int($0) - 48 }
                if digits.allSatisfy({ (0...7).contains($0) }) {
                    result.append(UInt8(truncatingIfNeeded: digits[0] * 64 + digits[1] * 8 + digits[2]))
                    index += 4
                    continue
                }
            }
            result.append(bytes[index])
            index += 1
        }
        return String(decoding: result, as: UTF8.self)
    }
}
