import CLinux
import Glibc
import LinuxSystem

/// Trials in a child process, so that what they change of a process ends with it.
enum Trial {
    /// Runs a body in a forked child of this single-threaded process.
    ///
    /// - Returns: what the body returned, 0 to 254; an error number where it is no success.
    static func run(_ body: () -> CInt) -> CInt {
        let child = fork()
        if child == 0 { _exit(body()) }
        if child < 0 { return errno }
        var status: CInt = 0
        while unsafe waitpid(child, &status, 0) < 0 {
            if errno != EINTR { return errno }
        }
        return linux_wait_exited(status) != 0 ? linux_wait_exit_status(status) : EIO
    }
}

extension Diagnosis {
    /// Tries an overlay in a mount namespace of its own, over a tmpfs that ends with it.
    func overlay() -> Finding {
        let rootless = host.isRootless
        let (uid, gid) = (host.uid, host.gid)
        let error = Trial.run {
            let flags =
                LINUX_CLONE_NEWNS | (rootless ? LINUX_CLONE_NEWUSER : 0)
            if linux_unshare(flags) != 0 { return errno }
            if rootless {
                // Without these files nothing may be mounted on; their failure shows in the mounts.
                SmallFile.write("deny", to: "/proc/self/setgroups")
                SmallFile.write("0 \(uid) 1\n", to: "/proc/self/uid_map")
                SmallFile.write("0 \(gid) 1\n", to: "/proc/self/gid_map")
            }
            let mountRecursivePrivate: UInt = 0x4000 | 0x40000  // MS_REC and MS_PRIVATE of mount(2)
            guard unsafe linux_mount("none", "/", nil, mountRecursivePrivate, nil) == 0,
                unsafe linux_mount("tmpfs", "/tmp", "tmpfs", 0, nil) == 0
            else { return errno }
            for name in ["lower", "upper", "work", "merged"] where unsafe mkdir("/tmp/" + name, 0o755) != 0 {
                return errno
            }
            let data = "lowerdir=/tmp/lower,upperdir=/tmp/upper,workdir=/tmp/work" + (rootless ? ",userxattr" : "")
            return unsafe linux_mount("overlay", "/tmp/merged", "overlay", 0, data) == 0 ? 0 : errno
        }
        let subject = rootless ? "overlay (in a user namespace)" : "overlay"
        if error == 0 { return Finding(subject, .works, "can be mounted") }
        return Finding(
            subject, .missing, "cannot be mounted: \(SystemError("mount", "", number: error).reason)",
            mend: error == ENODEV
                ? "modprobe overlay" : rootless ? "use a kernel of at least 5.11" : "we may lack CAP_SYS_ADMIN")
    }

    /// Where the store is, and whether an overlay can lie on that file system.
    func storeFinding() -> Finding {
        guard let mounts = SmallFile.read("/proc/self/mountinfo"), let type = Self.fileSystem(of: store, mounts) else {
            return Finding("store", .limited, "\(store) is on an unknown file system")
        }
        if type == "overlay" {
            return Finding(
                "store", .limited, "\(store) is on an overlay, and no writable overlay can lie on another",
                mend: "keep the store elsewhere: --root, HULL_ROOT, or root in the configuration")
        }
        if ["nfs", "nfs4", "cifs", "9p", "fuse", "vfat"].contains(type) {
            return Finding(
                "store", .limited, "\(store) is on \(type), which holds no writable side of an overlay",
                mend: "keep the store on a local file system")
        }
        return Finding("store", .works, "\(store) (\(type))")
    }

    /// The type of the file system that a path is on, by the longest mount point that it lies under
    /// (proc_pid_mountinfo(5)).
    static func fileSystem(of path: String, _ mounts: String) -> String? {
        var best: (length: Int, type: String)?
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 6, let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count else { continue }
            let point = fields[4] == "/" ? "" : String(fields[4])
            if path == point || path.hasPrefix(point + "/") {
                if point.utf8.count >= best?.length ?? 0 { best = (point.utf8.count, String(fields[dash + 1])) }
            }
        }
        return best?.type
    }
}

/// Small files of /proc and /sys.
enum SmallFile {
    static func read(_ path: String) -> String? {
        // A file that is not there is one of the answers.
        guard let file = try? OwnedDescriptor.open(path, O_RDONLY),
            let bytes = try? BoundedFile.read(file, path, limit: 16 << 20)
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The first line.
    static func line(_ path: String) -> String? {
        read(path)?.split(separator: "\n").first.map(String.init)
    }

    static func write(_ text: String, to path: String) {
        let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
        if descriptor < 0 { return }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        // The array is as long as its count.
        _ = unsafe Glibc.write(descriptor, bytes, bytes.count)
    }
}

/// Where executables are.
enum ProgramSearch {
    /// In the directories of PATH.
    static func find(_ name: String, _ environment: [String: String]) -> String? {
        (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").map { "\($0)/\(name)" }
            .first { unsafe access($0, X_OK) == 0 }
    }
}
