import Glibc
import LinuxSystem
import OCISpec

/// Mounts of a container that were made, in its mount namespace, before its root file system was there: on an empty
/// directory, which is the root until then.
struct MountStage {
    /// One of them, with all that is mounted in it.
    struct Entry {
        /// Open with O_PATH.
        let file: CInt
        let isDirectory: Bool
    }

    /// Those that lie in no other, in their order.
    let entries: [Entry]
    /// Where the root file system is to be mounted, open with O_PATH.
    let place: CInt

    /// All open files.
    var files: [CInt] { entries.map(\.file) + [place] }

    /// Opens what was mounted in this process's root.
    ///
    /// - Parameters:
    ///   - mounts: those that lie in no other.
    ///   - mountPoint: the directory for the root file system, which is made.
    init(_ mounts: [Spec.Mount], mountPoint: String) throws(SystemError) {
        let root = MountDestination(root: try OwnedDescriptor.open("/", O_PATH | O_DIRECTORY).release())
        var entries: [Entry] = []
        for mount in mounts {
            let file = try root.find(mount.destination).release()
            if mount.type == "proc" { try Self.replace(file, mount.destination, mountPoint + "-proc", root) }
            entries.append(Entry(file: file, isDirectory: try fileStatus(file, mount.destination).isDirectory))
        }
        self.entries = entries
        place = try root.findOrMake(mountPoint, .directory).release()
        close(root.root)
    }

    /// Puts a mount of /proc aside and another one without masks in its place: open files are found there by their numbers
    /// (`descriptorPath`) until this root is left.
    private static func replace(
        _ file: CInt, _ destination: String, _ aside: String, _ root: MountDestination
    ) throws(SystemError) {
        let other = try MountCall.clone("", at: file, recursive: false)
        let place = try root.findOrMake(aside, .directory)
        try MountCall.attach(file, on: place.number, name: aside)
        let bare = try root.find(destination)
        try MountCall.attach(other.number, on: bare.number, name: destination)
    }
}
