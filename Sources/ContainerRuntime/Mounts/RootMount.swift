import LinuxSystem

extension RootFilesystemSource {
    /// Makes the root file system's mount, attached nowhere.
    ///
    /// - Parameters:
    ///   - inUserNamespace: whether this process is in a user namespace that is not the host's: overlayfs then keeps its
    ///     notes in `user.overlay.*` attributes.
    ///   - isVolatile: whether an overlay need not be written to disk.
    ///   - mountPoint: a directory on which this process may mount for a moment.
    func mountDetached(
        inUserNamespace: Bool, isVolatile: Bool, mountPoint: String
    ) throws(RuntimeError) -> OwnedDescriptor {
        switch self {
        case .directory(let path):
            return try during("open the root file system") { () throws(SystemError) in
                try MountCall.clone(path, recursive: true)
            }
        case .overlay(let lower, let upper, let work):
            let overlay = OverlayMount(
                lower: lower, writable: OverlayMount.WritableSide(upper: upper, work: work),
                flags: (inUserNamespace ? ["userxattr"] : []) + (isVolatile ? ["volatile"] : []))
            return try during("mount the overlay") { () throws(SystemError) in
                try overlay.make(mountPoint: mountPoint)
            }
        }
    }
}
