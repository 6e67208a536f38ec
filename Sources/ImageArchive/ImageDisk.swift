import CLinux
import Glibc
import ImageStore
import LinuxSystem
import OCISpec

/// Makes the disk of an image's unpacked layers, where it is not there, in a mount namespace of this process's own: this
/// is to be the last that the process does. It has one thread, and is root, if only of a user namespace.
///
/// - Parameters:
///   - diffIDs: the layers, lowest first.
///   - privilege: this process's.
/// - Returns: the disk's path.
public func makeImageDisk(
    _ diffIDs: [Digest], in store: ImageStore, _ privilege: Privilege
) throws(ArchiveError) -> String {
    let hold = try storing { () throws(StoreError) in try store.hold() }
    let path = store.imageDisk(diffIDs)
    var layers: [String] = []
    for digest in diffIDs.reversed() where !layers.contains(store.layerDirectory(digest)) {
        guard store.hasLayer(digest) else {
            throw .unsupported("layer \(digest.short) is not unpacked: run 'hull image unpack' for its image")
        }
        layers.append(store.layerDirectory(digest))
    }
    if let disk = try storing({ () throws(StoreError) in try store.makeDiskWork(path) }) {
        if !layers.isEmpty { try archiving { () throws(SystemError) in try mount(layers, store, privilege) } }
        try ErofsProgram.fill(disk, from: store.emptyDirectory, options: ["--preserve-mtime"])
        try storing { () throws(StoreError) in try disk.place() }
    }
    _ = consume hold
    return path
}

/// Puts layers together, so that whiteouts and opaque directories have their effect, on the store's empty directory. It is
/// the lowest layer, too: the whiteouts of an image's own lowest layer hide nothing, and go.
private func mount(_ layers: [String], _ store: ImageStore, _ privilege: Privilege) throws(SystemError) {
    let place = store.emptyDirectory
    try systemCall("unshare", "mount namespace") { linux_unshare(UInt64(LINUX_CLONE_NEWNS)) }
    // Nothing that is mounted here is seen elsewhere.
    try systemCall("mount", "/") { unsafe linux_mount(nil, "/", nil, UInt(MS_REC | MS_PRIVATE), nil) }
    let overlay = OverlayMount(lower: layers + [place], flags: privilege == .host ? [] : ["userxattr"])
    let tree = try overlay.make(mountPoint: place)
    let directory = try OwnedDescriptor.open(place, O_PATH | O_DIRECTORY)
    try MountCall.attach(tree.number, on: directory.number, name: place)
}
