import CLinux
import Glibc
import LinuxSystem
import OCISpec

/// Options of prctl(2) (`linux/prctl.h`).
enum ProcessControl {
    static let setDumpable: CInt = 4
    static let setKeepCapabilities: CInt = 8
    static let dropBounding: CInt = 24
    static let setName: CInt = 15
    static let setNoNewPrivileges: CInt = 38
    static let ambient: CInt = 47
    static let ambientRaise: UInt = 2
}

/// Who a process becomes before execve.
struct Credentials {
    let user: Spec.User
    let capabilities: CapabilitySets
    /// What the bounding set still holds.
    var bounding = UInt64.max

    /// Becomes the user. The bounding set goes first, for that needs CAP_SETPCAP; then ids. From here on only those
    /// capabilities are in force that the workload has in force, but all are still permitted: see `giveUpRest`.
    func becomeUser() throws(SystemError) {
        try Self.dropBounding(bounding & ~capabilities.bounding)
        try setGroups()
        if user.uid != 0 {
            try systemCall("prctl", "PR_SET_KEEPCAPS") { linux_prctl(ProcessControl.setKeepCapabilities, 1, 0, 0, 0) }
        }
        try systemCall("setresgid", "\(user.gid)") { linux_setresgid(user.gid) }
        try systemCall("setresuid", "\(user.uid)") { linux_setresuid(user.uid) }
        umask(mode_t((user.umask ?? 0o022) & 0o777))
        try setEffective(capabilities.effective)
    }

    /// Puts capabilities in force, as far as they are permitted.
    func setEffective(_ effective: UInt64) throws(SystemError) {
        let held = try Self.permitted()
        try systemCall("capset") { linux_capset(effective & held, held, capabilities.inheritable & held) }
    }

    /// Gives up everything that the workload is not to have. What this process itself does not have cannot be given, as
    /// in every runtime; rootless it is the rule.
    func giveUpRest() throws(SystemError) {
        let held = try Self.permitted()
        try systemCall("capset") {
            linux_capset(
                capabilities.effective & held, capabilities.permitted & held, capabilities.inheritable & held)
        }
        let ambient = capabilities.ambient & held
        for (number, name) in CapabilityNames.all.enumerated() where ambient & (1 << UInt64(number)) != 0 {
            try systemCall("prctl", "PR_CAP_AMBIENT_RAISE \(name)") {
                linux_prctl(ProcessControl.ambient, ProcessControl.ambientRaise, UInt(number), 0, 0)
            }
        }
    }

    /// What this process may put in force.
    static func permitted() throws(SystemError) -> UInt64 {
        var (effective, permitted, inheritable): (UInt64, UInt64, UInt64) = (0, 0, 0)
        try systemCall("capget") { unsafe linux_capget(&effective, &permitted, &inheritable) }
        return permitted
    }

    /// Takes capabilities out of the bounding set; those that this kernel does not know are none.
    static func dropBounding(_ capabilities: UInt64) throws(SystemError) {
        for number in 0..<64 where capabilities & (1 << UInt64(number)) != 0 {
            if linux_prctl(ProcessControl.dropBounding, UInt(number), 0, 0, 0) != 0 {
                // Beyond the last capability of this kernel.
                if errno == EINVAL { return }
                throw SystemError.last("prctl", "PR_CAPBSET_DROP")
            }
        }
    }

    private func setGroups() throws(SystemError) {
        let groups = user.additionalGids ?? []
        if unsafe linux_setgroups(groups.count, groups) != 0 {
            // Rootless: without newgidmap setgroups is denied for good (user_namespaces(7)), and there are none to drop
            // that the user did not have before.
            if errno == EPERM && groups.isEmpty { return }
            throw SystemError.last("setgroups", groups.map(String.init).joined(separator: ","))
        }
    }
}
