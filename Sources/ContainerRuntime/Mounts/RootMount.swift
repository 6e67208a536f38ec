import CLinux
import Glibc
import LinuxSystem

extension RootFilesystemSource {
    /// Makes the root file system's mount, attached nowhere.
    ///
    /// - Parameters:
    ///   - inUserNamespace: whether this process is in a user namespace that is not the host's: overlayfs then keeps its
    ///     notes in `user.overlay.*` attributes.
    ///   - isVolatile: whether an overlay need not be written to disk.
    func mountDetached(inUserNamespace: Bool, isVolatile: Bool) throws(RuntimeError) -> OwnedDescriptor {
        switch self {
        case .directory(let path):
            return try during("open the root file system") { () throws(SystemError) in
                try MountCall.clone(path, recursive: true)
            }
        case .overlay(let lower, let upper, let work):
            let context = try during("mount the overlay") { () throws(SystemError) in
                OwnedDescriptor(
                    owning: try systemCall("fsopen", "overlay") {
                        unsafe linux_fsopen("overlay", TreeFlag.fsOpenCloseOnExec)
                    })
            }
            return try during("mount the overlay") { () throws(SystemError) in
                try Self.configure(
                    context.number, lower: lower, upper: upper, work: work,
                    flags: (inUserNamespace ? ["userxattr"] : []) + (isVolatile ? ["volatile"] : []))
                return OwnedDescriptor(
                    owning: try systemCall("fsmount", "overlay") {
                        linux_fsmount(context.number, TreeFlag.fsMountCloseOnExec, 0)
                    })
            }
        }
    }

    private static func configure(
        _ context: CInt, lower: [String], upper: String, work: String, flags: [String]
    ) throws(SystemError) {
        try set(context, "source", "overlay")
        for layer in lower { try set(context, "lowerdir+", layer) }
        try set(context, "upperdir", upper)
        try set(context, "workdir", work)
        for flag in flags {
            try systemCall("fsconfig", "overlay \(flag)") {
                unsafe linux_fsconfig(context, TreeFlag.setFlag, flag, nil, 0)
            }
        }
        do throws(SystemError) {
            try systemCall("fsconfig", "overlay") {
                linux_fsconfig(context, TreeFlag.create, nil, nil, 0)
            }
        } catch {
            throw SystemError(error.call, "overlay\(explanation(context))", number: error.number)
        }
    }

    private static func set(_ context: CInt, _ key: String, _ value: String) throws(SystemError) {
        try systemCall("fsconfig", "overlay \(key)=\(value)") {
            unsafe linux_fsconfig(context, TreeFlag.setString, key, value, 0)
        }
    }

    /// The kernel's own words about what it did not like, which a file system context can be read for.
    private static func explanation(_ context: CInt) -> String {
        var buffer = [UInt8](repeating: 0, count: 512)
        let length = unsafe buffer.withUnsafeMutableBytes { room in
            unsafe read(context, room.baseAddress, room.count)
        }
        guard length > 0 else { return "" }
        return " (" + printable(String(decoding: buffer.prefix(length), as: UTF8.self)) + ")"
    }
}
