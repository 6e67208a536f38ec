import CLinux
import Glibc
import LinuxSystem

/// The root file system of a container, opened for `cp`: that of a running one as its processes see it, else the overlay,
/// mounted in a mount namespace of this process alone, which goes with the process.
public struct ContainerFilesystem: ~Copyable {
    private let root: OwnedDescriptor
    /// Keeps a container that is not running from being started meanwhile.
    private let lock: SupervisorLock?

    /// A path in the container.
    public func place(_ path: String) -> CopyPlace { CopyPlace(container: root.number, path: path) }

    /// Opens it.
    public init(_ name: String, _ store: ContainerStore) throws {
        let view = try store.view(named: name)
        if view.running != nil {
            let container = try view.container()
            root = try OwnedDescriptor.open("/proc/\(container.state.pid)/root", O_PATH | O_DIRECTORY)
            lock = nil
            return
        }
        guard let prepared = try store.prepareStart(name) else {
            throw LaunchError("container \(view.record.name) was started meanwhile: try again", status: 1)
        }
        let directory = store.directory(prepared.record.id)
        root = try Self.mount(prepared.record, directory)
        let held = prepared.lock
        lock = consume held
    }

    private static func mount(_ record: ContainerRecord, _ directory: String) throws -> OwnedDescriptor {
        if geteuid() != 0 {
            throw LaunchError(
                "only root can copy from or to a container that is not running: start it first", status: 1)
        }
        let step = "the root file system of \(record.name)"
        try systemCall("unshare", step) { linux_unshare(UInt64(LINUX_CLONE_NEWNS)) }
        // Nothing that is mounted here is seen elsewhere.
        try systemCall("mount", "/") { unsafe linux_mount(nil, "/", nil, UInt(MS_REC | MS_PRIVATE), nil) }
        let overlay = OverlayMount(
            lower: record.layers,
            writable: OverlayMount.WritableSide(upper: directory + "/upper", work: directory + "/work"))
        return try overlay.make(mountPoint: directory + "/rootfs")
    }
}
