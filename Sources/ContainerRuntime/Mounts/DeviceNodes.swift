import CLinux
import Glibc
import LinuxSystem
import OCISpec

/// The device nodes and links that every container has (config-linux.md, "Default Devices"), and those of the
/// specification.
struct DeviceNodes {
    let root: MountDestination
    /// Whether nodes cannot be made, so that the host's are bound.
    let bindsHostNodes: Bool

    private static let standard: [(name: String, minor: UInt32, major: UInt32)] = [
        ("null", 3, 1), ("zero", 5, 1), ("full", 7, 1), ("random", 8, 1), ("urandom", 9, 1), ("tty", 0, 5),
    ]

    private static let links: [(name: String, target: String)] = [
        ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
    ]

    /// Makes all of them. The caller's umask is 0.
    func make(_ devices: [Spec.Device]?) throws(RuntimeError) {
        try during("make devices in the container") { () throws(SystemError) in
            let place = try root.findOrMake("/dev", .directory)
            let directory = try OwnedDescriptor.open(".", O_PATH | O_DIRECTORY, at: place.number)
            for device in Self.standard {
                try node(
                    device.name, in: directory.number, S_IFCHR | 0o666, gnu_dev_makedev(device.major, device.minor),
                    host: "/dev/" + device.name)
            }
            for link in Self.links { try symbolicLink(link.name, to: link.target, in: directory.number) }
            try symbolicLink("ptmx", to: "pts/ptmx", in: directory.number)
        }
        for device in devices ?? [] { try make(device) }
    }

    private func make(_ device: Spec.Device) throws(RuntimeError) {
        let name = printable(device.path)
        let type: mode_t
        switch device.type {
        case "c", "u": type = S_IFCHR
        case "b": type = S_IFBLK
        case "p": type = S_IFIFO
        default: throw .invalid(at: "linux.devices", reason: "\(name) has the type \"\(printable(device.type))\"")
        }
        // Twelve bits of major and twenty of minor number (makedev(3)).
        guard let major = UInt32(exactly: device.major ?? 0), major < 1 << 12,
            let minor = UInt32(exactly: device.minor ?? 0), minor < 1 << 20
        else {
            throw .invalid(at: "linux.devices", reason: "\(name) has a number that no device has")
        }
        try during("make the device \(name) in the container") { () throws(SystemError) in
            let entry = try root.parent(of: device.path)
            let mode = type | mode_t(truncatingIfNeeded: device.fileMode ?? 0o666) & 0o7777
            try node(
                entry.name, in: entry.directory.number, mode, gnu_dev_makedev(major, minor), host: device.path)
            if !bindsHostNodes && (device.uid ?? 0 != 0 || device.gid ?? 0 != 0) {
                try systemCall("fchownat", name) {
                    unsafe fchownat(
                        entry.directory.number, entry.name, device.uid ?? 0, device.gid ?? 0, AT_SYMLINK_NOFOLLOW)
                }
            }
        }
    }

    /// One node; where the image has something of that name it is replaced.
    private func node(
        _ name: String, in directory: CInt, _ mode: mode_t, _ number: dev_t, host: String
    ) throws(SystemError) {
        if bindsHostNodes { return try bindHostNode(name, in: directory, host: host) }
        if unsafe mknodat(directory, name, mode, number) == 0 { return }
        switch errno {
        case EEXIST:
            var status = stat()
            try systemCall("fstatat", name) { unsafe fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) }
            if status.st_mode & S_IFMT == mode & S_IFMT && status.st_rdev == number { return }
            try systemCall("unlink", name) { unsafe unlinkat(directory, name, 0) }
            try systemCall("mknod", name) { unsafe mknodat(directory, name, mode, number) }
        case EPERM: try bindHostNode(name, in: directory, host: host)
        default: throw SystemError.last("mknod", name)
        }
    }

    private func bindHostNode(_ name: String, in directory: CInt, host: String) throws(SystemError) {
        let tree = try MountCall.clone(host, recursive: false)
        let status = try fileStatus(tree.number, host)
        guard !status.isDirectory, !status.isRegular else { throw SystemError("mknod", host, number: ENODEV) }
        let made = unsafe openat(directory, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0o666)
        if made >= 0 { close(made) }
        let place = try OwnedDescriptor.open(name, O_PATH | O_NOFOLLOW, at: directory)
        try MountCall.attach(tree.number, on: place.number, name: name)
    }

    private func symbolicLink(_ name: String, to target: String, in directory: CInt) throws(SystemError) {
        if unsafe symlinkat(target, directory, name) == 0 { return }
        // What the image or a mount already has there stays.
        if errno != EEXIST { throw SystemError.last("symlink", name) }
    }
}
