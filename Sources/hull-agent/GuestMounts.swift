import CLinux
import Glibc
import LinuxSystem

/// The file systems of the guest itself, on the small read-only disk that the kernel has mounted as its root, with /dev
/// by the kernel and /proc before Swift began.
enum GuestMounts {
    /// Where the workload's image is mounted.
    static let image = "/run/image"
    /// Where the workload's changes go: the overlay's two directories are in it.
    static let storage = "/run/storage"
    /// Where the runtime mounts the root file system.
    static let root = "/run/root"
    /// An empty directory: the root of a workload that has none yet.
    static let stage = "/run/stage"
    /// Where compiled filters are kept.
    static let filters = "/run/filters"
    /// Where files are that the host sent.
    static let files = "/run/files"

    /// One of them, in the order in which they came.
    static func file(_ index: Int) -> String { "\(files)/\(index)" }

    /// Mounts what the runtime needs.
    static func make() throws(SystemError) {
        let usual = UInt(MS_NOSUID | MS_NODEV | MS_NOEXEC)
        try mount("sysfs", "/sys", "sysfs", usual)
        try mount("cgroup2", "/sys/fs/cgroup", "cgroup2", usual, "nsdelegate")
        try mount("tmpfs", "/run", "tmpfs", UInt(MS_NOSUID | MS_NODEV), "mode=755")
        // The kernel's devtmpfs has no directories.
        try makeDirectory("/dev/pts", mode: 0o755)
        try makeDirectory("/dev/shm", mode: 0o755)
        try mount("devpts", "/dev/pts", "devpts", UInt(MS_NOSUID | MS_NOEXEC), "mode=620,ptmxmode=666")
        try mount("tmpfs", "/dev/shm", "tmpfs", usual)
        for path in [image, storage, root, stage, files] { try makeDirectory(path, mode: 0o755) }
    }

    /// Mounts the image's disk, the second one.
    static func mountImage() throws(SystemError) {
        try awaitDisk("vdb")
        try mount("/dev/vdb", image, "erofs", UInt(MS_RDONLY | MS_NODEV))
    }

    /// Mounts a place for changes into memory.
    ///
    /// - Parameter limit: bytes; 0 for half of the guest's memory.
    static func mountMemoryStorage(limit: UInt64) throws(SystemError) {
        let size = limit > 0 ? ",size=\(limit)" : ""
        try mount("tmpfs", storage, "tmpfs", UInt(MS_NODEV), "mode=755\(size)")
        try makeStorageDirectories()
    }

    /// Mounts the scratch disk, the third one, which the host has formatted.
    static func mountDiskStorage() throws(SystemError) {
        try awaitDisk("vdc")
        try mount("/dev/vdc", storage, "ext4", UInt(MS_NODEV))
        try makeStorageDirectories()
    }

    /// In a guest that is a copy a disk gets its size a moment after the guest runs.
    private static func awaitDisk(_ name: String) throws(SystemError) {
        let path = "/sys/block/\(name)/size"
        for _ in 0..<2000 {
            if try WholeFile.read(path) != Array("0\n".utf8) { return }
            usleep(500)
        }
        throw SystemError("read", path, number: ENODATA)
    }

    /// Takes a place for changes away again, with all that is in it.
    static func unmountStorage() throws(SystemError) {
        try systemCall("umount2", storage) { unsafe linux_umount2(storage, CInt(MNT_DETACH)) }
    }

    private static func makeStorageDirectories() throws(SystemError) {
        try makeDirectory(storage + "/upper", mode: 0o755)
        try makeDirectory(storage + "/work", mode: 0o755)
    }

    private static func mount(
        _ source: String, _ target: String, _ type: String, _ flags: UInt, _ data: String = ""
    ) throws(SystemError) {
        try systemCall("mount", "\(type) at \(target)") { unsafe linux_mount(source, target, type, flags, data) }
    }
}
