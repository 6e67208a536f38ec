import CLinux
import Glibc
import LinuxSystem
import OCISpec

/// Gives a process in a new user namespace its users and groups (user_namespaces(7)).
enum IdentityMap {
    /// Writes both mappings of a process: by ourselves where we may, else by newuidmap(1) and newgidmap(1).
    static func write(users: [IDMapping], groups: [IDMapping], of process: pid_t) throws(RuntimeError) {
        let step = "map users and groups"
        if geteuid() == 0 {
            try during(step) { () throws(SystemError) in
                try KernelFile.write("/proc/\(process)/uid_map", text(users))
                try KernelFile.write("/proc/\(process)/gid_map", text(groups))
            }
        } else if isOwn(users, geteuid()) && isOwn(groups, getegid()) {
            try during(step) { () throws(SystemError) in
                // Without setgroups(2) nobody gives up a group that denies them something.
                try KernelFile.write("/proc/\(process)/setgroups", "deny")
                try KernelFile.write("/proc/\(process)/uid_map", text(users))
                try KernelFile.write("/proc/\(process)/gid_map", text(groups))
            }
        } else {
            try runProgram("newuidmap", process, users, file: "/etc/subuid")
            try runProgram("newgidmap", process, groups, file: "/etc/subgid")
        }
    }

    /// The lines of a map.
    static func text(_ mappings: [IDMapping]) -> String {
        mappings.map { "\($0.containerID) \($0.hostID) \($0.size)\n" }.joined()
    }

    /// Whether a user may write the mapping without help: nothing but their own id.
    static func isOwn(_ mappings: [IDMapping], _ id: UInt32) -> Bool {
        mappings.count == 1 && mappings[0].size == 1 && mappings[0].hostID == id
    }

    private static func runProgram(
        _ name: String, _ process: pid_t, _ mappings: [IDMapping], file: String
    ) throws(RuntimeError) {
        guard let program = ChildProgram.find(name) else {
            throw .system(
                step: "map users and groups (install the package uidmap)", SystemError("exec", name, number: ENOENT))
        }
        let words = mappings.flatMap { ["\($0.containerID)", "\($0.hostID)", "\($0.size)"] }
        let status = try during("map users and groups") { () throws(SystemError) in
            try ChildProgram.spawn(program, ["\(process)"] + words).wait()
        }
        if status != 0 {
            throw .system(
                step: "map users and groups (\(name) ended with \(status): does \(file) give you these ids?)",
                SystemError(name, "\(process)", number: EPERM))
        }
    }
}
