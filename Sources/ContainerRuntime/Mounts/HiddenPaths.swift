import CLinux
import Glibc
import LinuxSystem

/// Paths that a container cannot see (masked) or cannot write (read-only). Done before `pivot_root`, while what is put
/// over them is certainly the host's.
struct HiddenPaths {
    let root: MountDestination

    /// Covers paths: a file by the null device, a directory by an empty read-only file system, the same for all.
    func mask(_ paths: [String]?) throws(RuntimeError) {
        var empty: OwnedDescriptor?
        for path in paths ?? [] {
            try during("mask \(printable(path))") { () throws(SystemError) in
                guard let place = try root.findIfThere(path) else { return }
                if try !fileStatus(place.number, path).isDirectory {
                    let null = try MountCall.clone("/dev/null", recursive: false)
                    guard try fileStatus(null.number, "/dev/null").isCharacterDevice else {
                        throw SystemError("open", "/dev/null", number: ENODEV)
                    }
                    try MountCall.attach(null.number, on: place.number, name: path)
                } else if let first = empty.take() {
                    let copy = try MountCall.clone("", at: first.number, recursive: false)
                    try MountCall.attach(copy.number, on: place.number, name: path)
                    empty = consume first
                } else {
                    let tree = try emptyFileSystem()
                    try MountCall.attach(tree.number, on: place.number, name: path)
                    empty = consume tree
                }
            }
        }
    }

    private func emptyFileSystem() throws(SystemError) -> OwnedDescriptor {
        let context = OwnedDescriptor(
            owning: try systemCall("fsopen", "tmpfs") { unsafe linux_fsopen("tmpfs", TreeFlag.fsOpenCloseOnExec) })
        try systemCall("fsconfig", "tmpfs") { linux_fsconfig(context.number, TreeFlag.create, nil, nil, 0) }
        let attributes =
            MountAttribute.readOnly | MountAttribute.noSetUID | MountAttribute.noDevices | MountAttribute.noExecute
        return OwnedDescriptor(
            owning: try systemCall("fsmount", "tmpfs") {
                linux_fsmount(context.number, TreeFlag.fsMountCloseOnExec, UInt32(attributes))
            })
    }

    /// Puts read-only views of themselves over paths.
    func protect(_ paths: [String]?) throws(RuntimeError) {
        for path in paths ?? [] {
            try during("make \(printable(path)) read-only") { () throws(SystemError) in
                guard let place = try root.findIfThere(path) else { return }
                let tree = try MountCall.clone("", at: place.number, recursive: true)
                try MountCall.setAttributes(tree.number, set: MountAttribute.readOnly, recursive: true, name: path)
                try MountCall.attach(tree.number, on: place.number, name: path)
            }
        }
    }
}
