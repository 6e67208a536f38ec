import CLinux
import Glibc

/// A file descriptor with one owner: it is closed when the owner goes.
public struct OwnedDescriptor: ~Copyable, Sendable {
    /// The number, valid while this value lives.
    public let number: CInt

    /// Takes over a descriptor that nothing else closes.
    public init(owning number: CInt) {
        self.number = number
    }

    deinit {
        if number >= 0 { Glibc.close(number) }
    }

    /// Gives the descriptor up without closing it.
    public consuming func release() -> CInt {
        let released = number
        discard self
        return released
    }

    /// Closes a descriptor before its scope ends.
    public static func close(_ descriptor: consuming OwnedDescriptor) {}

    /// A second descriptor for the same open file, close-on-exec.
    public func duplicate() throws(SystemError) -> OwnedDescriptor { try .duplicating(number) }

    /// A second descriptor for the open file of one that somebody else owns, close-on-exec.
    public static func duplicating(_ number: CInt) throws(SystemError) -> OwnedDescriptor {
        OwnedDescriptor(
            owning: try systemCall("fcntl", "F_DUPFD_CLOEXEC") { fcntl(number, F_DUPFD_CLOEXEC, 3) })
    }

    /// Opens a path, close-on-exec.
    ///
    /// - Parameters:
    ///   - path: absolute, or relative to `directory`.
    ///   - flags: as for open(2); `O_CLOEXEC` is added.
    ///   - mode: permission bits of a file that is made.
    ///   - directory: where a relative path starts; the working directory without it.
    public static func open(
        _ path: String, _ flags: CInt, mode: mode_t = 0, at directory: CInt = AT_FDCWD
    ) throws(SystemError) -> OwnedDescriptor {
        OwnedDescriptor(
            owning: try systemCall("open", path) { unsafe openat(directory, path, flags | O_CLOEXEC, mode) })
    }

    /// Opens a path, as `open`; nil where there is no such file.
    public static func openPresent(
        _ path: String, _ flags: CInt, mode: mode_t = 0, at directory: CInt = AT_FDCWD
    ) throws(SystemError) -> OwnedDescriptor? {
        do throws(SystemError) {
            return try open(path, flags, mode: mode, at: directory)
        } catch {
            if error.number == ENOENT { return nil }
            throw error
        }
    }

    /// Opens a path that must not lead out of `root`: absolute names and symbolic links are taken as if `root` were `/`
    /// (openat2(2), RESOLVE_IN_ROOT).
    public static func open(
        _ path: String, inRoot root: CInt, _ flags: CInt, mode: mode_t = 0
    ) throws(SystemError) -> OwnedDescriptor {
        OwnedDescriptor(
            owning: try systemCall("openat2", path) {
                unsafe linux_openat2(
                    root, path, UInt64(UInt32(bitPattern: flags | O_CLOEXEC)), UInt64(mode), Resolve.inRoot)
            })
    }
}

/// Path resolution flags of openat2(2) (`linux/openat2.h`).
public enum Resolve {
    /// Refuse to cross a mount point.
    public static let noCrossDevice: UInt64 = 0x01
    /// Refuse magic links of /proc.
    public static let noMagicLinks: UInt64 = 0x02
    /// Refuse every symbolic link.
    public static let noSymlinks: UInt64 = 0x04
    /// Refuse to leave the directory.
    public static let beneath: UInt64 = 0x08
    /// Treat the directory as the root.
    public static let inRoot: UInt64 = 0x10
}
