import CJailProbe
import CLinux
import Glibc
import LinuxSystem

/// What the process sees and can do by all that is around it, without a filter.
enum Walls {
    static func show() {
        showRights()
        showRoot()
        showDescriptors()
        showNetwork()
        showOthers()
    }

    /// What a call gave: nothing wrong, or which error.
    private static func tell(_ name: String, _ answer: Int) {
        say("\(name): \(answer < 0 ? SystemError(name, "", number: errno).reason : "done")")
    }

    private static func tell(_ name: String, _ answer: CInt) { tell(name, Int(answer)) }

    // MARK: Rights

    private static func showRights() {
        // asm/unistd_64.h: getresuid, getresgid.
        say("users: \(identities(118))")
        say("groups: \(identities(120)), \(getgroups(0, nil)) further")
        var sets: (UInt64, UInt64, UInt64) = (0, 0, 0)
        linux_capget(&sets.0, &sets.1, &sets.2)
        say("capabilities: \(sets.0) \(sets.1) \(sets.2)")
        // linux/prctl.h: PR_CAPBSET_READ; PR_CAP_AMBIENT with PR_CAP_AMBIENT_IS_SET; PR_GET_NO_NEW_PRIVS; PR_GET_DUMPABLE.
        say("bounding: \((UInt(0)..<64).count { linux_prctl(23, $0, 0, 0, 0) == 1 })")
        say("ambient: \((UInt(0)..<64).count { linux_prctl(47, 1, $0, 0, 0) == 1 })")
        say("no new privileges: \(linux_prctl(39, 0, 0, 0, 0))")
        say("dumpable: \(linux_prctl(3, 0, 0, 0, 0))")
        for (name, resource) in [("open files", RLIMIT_NOFILE), ("core file", RLIMIT_CORE)] {
            var (soft, hard) = (UInt64(), UInt64())
            linux_getrlimit(0, CInt(resource.rawValue), &soft, &hard)
            say("\(name): \(soft) \(hard)")
        }
        tell("setuid", setuid(0))
        tell("setgid", setgid(0))
        tell("setgroups", linux_setgroups(0, nil))
        tell("capset", linux_capset(1, 1, 0))
        tell("sethostname", sethostname("probe", 5))
    }

    /// Real, effective and saved, as a call writes them to three places.
    private static func identities(_ call: Int) -> String {
        var ids: [UInt32] = [0, 0, 0]
        ids.withUnsafeMutableBufferPointer {
            let place = Int(bitPattern: $0.baseAddress)
            _ = jail_probe_call(call, place, place + 4, place + 8, 0)
        }
        return ids.map(String.init).joined(separator: " ")
    }

    // MARK: Files

    private static func showRoot() {
        // Upwards there is no other root.
        tell("chdir", chdir("../../.."))
        var names: [String] = []
        if let root = opendir(".") {
            while let entry = readdir(root) {
                withUnsafePointer(to: entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { names.append(String(cString: $0)) }
                }
            }
            closedir(root)
        }
        say("root: \(names.sorted().joined(separator: " "))")
        for path in ["/etc/passwd", "/proc/self/status", "/dev/kvm", "/dev/null", "/sys"] {
            tell("open \(path)", open(path, O_RDONLY))
        }
        tell("create", open("/file", O_CREAT | O_WRONLY, 0o600))
        tell("mkdir", mkdir("/directory", 0o700))
        tell("mount", linux_mount("none", "/", "tmpfs", 0, nil))
        // linux/mount.h: MS_REMOUNT; MNT_DETACH.
        tell("remount", linux_mount("none", "/", nil, 32, nil))
        tell("umount", linux_umount2("/", 2))
        tell("chroot", chroot("/"))
        tell("execve", execve("/bin/true", [nil], [nil]))
        tell("execve of itself", execve("/proc/self/exe", [nil], [nil]))
    }

    private static func showDescriptors() {
        let open = (CInt(0)..<2048).filter { fcntl($0, F_GETFD) >= 0 }
        say("descriptors: \(open.map(String.init).joined(separator: " "))")
    }

    // MARK: Others

    private static func showNetwork() {
        var names: [String] = []
        if let list = if_nameindex() {
            var place = list
            while place.pointee.if_index != 0, let name = place.pointee.if_name {
                names.append(String(cString: name))
                place += 1
            }
            if_freenameindex(list)
        }
        say("interfaces: \(names.joined(separator: " "))")
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(9).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        let socket = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        let answer = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        tell("connect", answer)
    }

    private static func showOthers() {
        say("process: \(getpid()), parent: \(getppid())")
        tell("signal to all others", kill(-1, 0))
        showReach(of: 2)
    }

    /// What can be done to another process, by a number.
    static func showReach(of process: pid_t) {
        tell("signal to another", kill(process, 0))
        // asm/unistd_64.h: ptrace with PTRACE_ATTACH; prlimit64 with RLIMIT_NOFILE; pidfd_open.
        for (name, number, first, second) in [
            ("ptrace", 101, 16, Int(process)), ("prlimit", 302, Int(process), 7),
            ("pidfd_open", 434, Int(process), 0),
        ] {
            let answer = jail_probe_call(number, first, second, 0, 0)
            say("\(name): \(answer < 0 ? SystemError(name, "", number: CInt(-answer)).reason : "done")")
        }
    }
}
