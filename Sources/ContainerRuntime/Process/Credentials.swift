import CLinux
import Glibc
import LinuxSystem
import OCISpec

/// Options of prctl(2) (`linux/prctl.h`).
enum ProcessControl {
    static let setParentDeathSignal: CInt = 1
    static let getDumpable: CInt = 3
    static let setDumpable: CInt = 4
    static let getKeepCapabilities: CInt = 7
    static let setKeepCapabilities: CInt = 8
    static let dropBounding: CInt = 24
    static let setNoNewPrivileges: CInt = 38
    static let ambient: CInt = 47
    static let ambientRaise: UInt = 2
    static let ambientClearAll: UInt = 4
}

/// Who a process becomes before execve.
struct Credentials {
    let user: Spec.User
    /// nil leaves the capabilities as they are.
    let capabilities: CapabilitySets?

    /// Gives up everything that the workload is not to have. The bounding set first, for that needs CAP_SETPCAP; then
    /// ids, over which capabilities are kept; then the other sets.
    func assume() throws(SystemError) {
        if let capabilities { try dropBounding(keeping: capabilities.bounding) }
        try setGroups()
        if capabilities != nil && user.uid != 0 {
            try systemCall("prctl", "PR_SET_KEEPCAPS") { linux_prctl(ProcessControl.setKeepCapabilities, 1, 0, 0, 0) }
        }
        try systemCall("setresgid", "\(user.gid)") { linux_setresgid(user.gid) }
        try systemCall("setresuid", "\(user.uid)") { linux_setresuid(user.uid) }
        if let umask = user.umask { Glibc.umask(mode_t(umask & 0o777)) } else { Glibc.umask(0o022) }
        guard let capabilities else { return }
        // What this process itself does not have cannot be given, as in every runtime; rootless it is the rule.
        var effective: UInt64 = 0
        var permitted: UInt64 = 0
        var inheritable: UInt64 = 0
        try systemCall("capget") { unsafe linux_capget(&effective, &permitted, &inheritable) }
        let held = permitted
        try systemCall("capset") {
            linux_capset(
                capabilities.effective & held, capabilities.permitted & held, capabilities.inheritable & held)
        }
        if capabilities.ambient & held != 0 {
            for number in Capability.names.indices where capabilities.ambient & held & (1 << UInt64(number)) != 0 {
                try systemCall("prctl", "PR_CAP_AMBIENT_RAISE \(Capability.names[number])") {
                    linux_prctl(ProcessControl.ambient, ProcessControl.ambientRaise, UInt(number), 0, 0)
                }
            }
        }
    }

    private func dropBounding(keeping kept: UInt64) throws(SystemError) {
        for number in 0..<64 where number >= 41 || kept & (1 << UInt64(number)) == 0 {
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
