import CLinux
import Glibc
import JSON
import LinuxSystem
import OCISpec

/// A container of BusyBox that container-driver makes, and what came of it.
final class RunningScenario {
    /// The specification, with the usual mounts and namespaces.
    var spec = Spec()
    /// Further members of the driver's scenario.
    var members: [JSONObject.Member] = []
    let scratch: ScratchDirectory
    private var user: UInt32?
    let id: String

    /// Why containers cannot be made here; nil where they can.
    static let obstacle: String? = {
        if geteuid() != 0 { return "making containers needs root" }
        if access("/bin/busybox", X_OK) != 0 { return "install busybox-static" }
        return nil
    }()

    init(_ args: [String]) throws {
        scratch = try ScratchDirectory()
        id = "test-" + (scratch.path.split(separator: "-").last ?? "")
        for name in ["", "/bin", "/proc", "/sys", "/dev", "/etc", "/tmp"] {
            mkdir(scratch.path + "/layer" + name, 0o755)
        }
        let program = try WholeFile.read("/bin/busybox") ?? []
        try WholeFile.create(scratch.path + "/layer/bin/busybox", program, mode: 0o755)
        for name in [
            "sh", "cat", "ls", "id", "sleep", "true", "touch", "grep", "hostname", "ps", "pwd", "echo", "stty", "tty",
            "readlink", "mkdir", "kill", "tr", "ip", "rm", "mount",
        ] {
            symlink("busybox", scratch.path + "/layer/bin/" + name)
        }
        let capabilities = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_SETUID", "CAP_SETGID", "CAP_KILL", "CAP_NET_RAW"]
        var process = Spec.Process(args: args, env: ["PATH=/bin"])
        process.capabilities = Spec.Capabilities(
            bounding: capabilities, effective: capabilities, permitted: capabilities)
        spec.process = process
        spec.mounts = [
            Spec.Mount(destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"]),
            Spec.Mount(destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755"]),
            Spec.Mount(
                destination: "/dev/pts", type: "devpts", source: "devpts",
                options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]),
            Spec.Mount(destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "ro"]),
        ]
        var linux = Spec.Linux()
        linux.namespaces = [.mount, .pid, .network, .ipc, .uts, .cgroup].map { Spec.Namespace($0) }
        linux.cgroupsPath = "/hull/" + id
        linux.maskedPaths = ["/proc/kcore", "/proc/keys", "/proc/acpi"]
        linux.readonlyPaths = ["/proc/sys"]
        spec.linux = linux
    }

    /// What a run printed, and its exit code.
    struct Outcome {
        var output: String
        var code: Int32
        /// Mounts and control groups that are there although the container is gone.
        var left: [String]
    }

    /// Makes everything belong to an ordinary user, who runs it then: in a user namespace with one id, for which no
    /// file of the host has to say anything, and without control groups.
    func becomeOrdinary(_ user: UInt32) throws {
        self.user = user
        spec.linux?.namespaces?.append(Spec.Namespace(.user))
        spec.linux?.uidMappings = [IDMapping(containerID: 0, hostID: user, size: 1)]
        spec.linux?.gidMappings = [IDMapping(containerID: 0, hostID: user, size: 1)]
        spec.linux?.cgroupsPath = "hull/" + id
        _ = try ChildProgram.spawn("/bin/chown", ["-R", "\(user):\(user)", scratch.path]).wait()
    }

    /// Runs it to its end.
    func run() throws -> Outcome {
        let all =
            [
                .init(key: "id", value: .string(id)), .init(key: "spec", value: try JSONValue.encode(spec)),
                .init(key: "layers", value: .array([.string(scratch.path + "/layer")])),
                .init(key: "scratch", value: .string(scratch.path)),
            ] + members
        let text = JSONValue.object(JSONObject(all)).text()
        try WholeFile.replace(scratch.path + "/scenario", Array(text.utf8))
        let output = try OwnedDescriptor.open(scratch.path + "/output", O_RDWR | O_CREAT | O_TRUNC, mode: 0o600)
        let null = try OwnedDescriptor.open("/dev/null", O_RDONLY)
        var words = [try Self.driver(), scratch.path + "/scenario"]
        if let user {
            chmod(words[1], 0o644)
            words = ["/usr/bin/setpriv", "--reuid=\(user)", "--regid=\(user)", "--clear-groups"] + words
        }
        let code = try ChildProgram.spawn(
            words[0], Array(words.dropFirst()),
            descriptors: [(0, null.number), (1, output.number), (2, output.number)]
        ).wait()
        let printed = try WholeFile.read(scratch.path + "/output") ?? []
        return Outcome(output: String(decoding: printed, as: UTF8.self), code: code, left: try leftovers())
    }

    /// The driver is built beside the tests.
    private static func driver() throws -> String {
        for directory in ChildProgram.ownDirectories() + CommandLine.arguments.prefix(1).map(directory) {
            let path = directory + "/container-driver"
            if access(path, X_OK) == 0 { return path }
        }
        throw SystemError("access", "container-driver", number: ENOENT)
    }

    private static func directory(of path: String) -> String {
        String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }

    private func leftovers() throws -> [String] {
        let mounts = String(decoding: try WholeFile.read("/proc/self/mountinfo") ?? [], as: UTF8.self)
        var left = mounts.split(separator: "\n").map(String.init).filter { $0.contains(scratch.path) }
        for hierarchy in try WholeFile.names(in: "/sys/fs/cgroup") {
            for group in ["/sys/fs/cgroup/\(hierarchy)/hull/\(id)", "/sys/fs/cgroup/hull/\(id)"]
            where access(group, F_OK) == 0 {
                left.append(group)
            }
        }
        return left
    }
}
