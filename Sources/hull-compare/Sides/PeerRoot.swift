import CLinux
import ContainerRuntime
import Glibc
import JSON
import Launcher
import LinuxSystem
import OCISpec

/// What other programs run: the image's layers as a plain directory, and the configuration that Hull itself would use.
/// All of it is mounted in a mount namespace of ours, so that nothing is left on the host whatever happens to us.
final class PeerRoot {
    /// The configuration, with the whole seccomp filter spelt out; which directory is the root is the peer's.
    private(set) var spec = Spec()
    private var layers: [String] = []
    /// Where a peer may keep its own files.
    func directory(_ name: String, mode: mode_t = 0o700) throws -> String {
        let path = work + "/" + name
        try makeDirectory(path, mode: mode)
        return path
    }

    /// What Hull's own configuration says of the process that options of Docker's `run` can say, too: environment, user and
    /// directory.
    var processOptions: [String] {
        guard let process = spec.process else { return [] }
        return (process.env ?? []).map { "--env=\($0)" }
            + ["--user=\(process.user.uid):\(process.user.gid)", "--workdir=\(process.cwd)"]
    }

    /// The kernel from which micro-VMs start; nil where there is none.
    let guestKernel: String?

    private let globals: [String]
    private let store: ContainerStore
    private let work: String
    private var container: String?
    private var mounted: Set<String> = []

    private static let mountPrivate: UInt = 1 << 18
    private static let mountRecursive: UInt = 1 << 14

    /// Moves us into a mount namespace of our own, and makes a directory on a file system in memory.
    init(globals: [String], store: ContainerStore, guestKernel: String?) throws {
        self.guestKernel = guestKernel
        self.globals = globals
        self.store = store
        // Told now, the path holds afterwards, too.
        _ = ChildProgram.ownPath()
        try systemCall("unshare", "mount namespace") { linux_unshare(LINUX_CLONE_NEWNS) }
        try systemCall("mount", "/") {
            unsafe linux_mount(nil, "/", nil, Self.mountPrivate | Self.mountRecursive, nil)
        }
        work = "/run/hull-compare"
        try makeDirectory(work, mode: 0o700)
        try systemCall("mount", work) { unsafe linux_mount("tmpfs", work, "tmpfs", 0, "mode=700") }
        try leaveUnifiedHierarchy()
    }

    /// The peers of Debian 12 give up on a host with control groups of both versions: here there is the first only.
    private func leaveUnifiedHierarchy() throws {
        let table = String(decoding: try WholeFile.read("/proc/self/mountinfo") ?? [], as: UTF8.self)
        for line in table.split(separator: "\n") where line.contains(" - cgroup2 ") {
            let fields = line.split(separator: " ")
            guard fields.count > 4, fields[4] != "/sys/fs/cgroup" else { continue }
            try systemCall("umount2", String(fields[4])) { unsafe linux_umount2(String(fields[4]), 0) }
        }
    }

    /// Takes the image and the command of a workload.
    func prepare(_ workload: PlannedWorkload) throws {
        removeContainer()
        let created = try CommandOutput.of(
            hullPath,
            globals + ["create", "--isolation=container"] + workload.options + [workload.image] + workload.command)
        guard created.status == 0 else { throw PeerFailure(description: created.complaint) }
        let record = try store.view(named: created.firstLine).record
        container = record.id
        spec = try store.spec(record.id)
        // crun 1.8 refuses what it calls unknown, although a minor version changes nothing that it knows.
        spec.ociVersion = "1.0.2"
        // It also takes no file for a mount that is read-only with all below it; a file has nothing below it.
        spec.mounts = spec.mounts?.map { mount in
            var mount = mount
            mount.options = mount.options?.map { $0 == "rro" ? "ro" : $0 }
            return mount
        }
        spec.linux?.cgroupsPath = "/hull-compare-\(getpid())"
        if case .builtin(let capabilities)? = record.seccomp {
            spec.linux?.seccomp = try SeccompProfile.builtin().resolve(
                capabilities: Set(capabilities), kernel: .running)
        } else if case .spec(let filter)? = record.seccomp {
            spec.linux?.seccomp = filter
        }
        layers = record.layers
    }

    /// The layers of the workload's image as a directory of a peer's own: what one of them leaves in it no other sees.
    func rootDirectory(of peer: String) throws -> String {
        let root = try directory("root-" + peer)
        // The upper directory is what users of the container see as its root.
        let (upper, scratch) = (try directory("upper-" + peer, mode: 0o755), try directory("scratch-" + peer))
        _ = unsafe linux_umount2(root, CInt(MNT_DETACH))
        let options = "lowerdir=\(layers.joined(separator: ":")),upperdir=\(upper),workdir=\(scratch)"
        guard options.utf8.count < Int(sysconf(Int32(_SC_PAGESIZE))) else {
            throw PeerFailure(description: "the image has too many layers to mount them for other programs")
        }
        try systemCall("mount", root) { unsafe linux_mount("overlay", root, "overlay", 0, options) }
        mounted.insert(root)
        return root
    }

    /// Writes the configuration as a bundle.
    ///
    /// - Parameter name: the peer's.
    /// - Returns: its directory.
    func bundle(_ name: String) throws -> String {
        let path = try directory("bundle-" + name)
        var spec = spec
        spec.root?.path = try rootDirectory(of: name)
        try WholeFile.replace(path + "/config.json", try JSONValue.encode(spec).bytes())
        return path
    }

    private func removeContainer() {
        guard let container else { return }
        self.container = nil
        // It is ours, and never ran.
        _ = try? CommandOutput.of(hullPath, globals + ["rm", "--force", container])
    }

    /// Removes the container; the mounts go with our namespace.
    func cleanUp() {
        removeContainer()
        for root in mounted { _ = unsafe linux_umount2(root, CInt(MNT_DETACH)) }
        _ = unsafe linux_umount2(work, CInt(MNT_DETACH))
        _ = unsafe rmdir(work)
    }
}
