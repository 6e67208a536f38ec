import CLinux
import Glibc
import LinuxSystem

/// Why files could not be copied.
public struct CopyError: Error, CustomStringConvertible, Equatable {
    /// The text for people.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// One side of `hull cp`: a path on the host, or within a container's root file system.
public struct CopyPlace {
    /// The directory that a path cannot leave; nil for the host's own file system.
    private let root: CInt?
    /// The path as the user wrote it: `/.` at its end says "the contents".
    public let path: String

    /// A path on the host.
    public init(host path: String) {
        root = nil
        self.path = path
    }

    /// A path within a micro-VM's guest, where only its agent opens it.
    init(guest path: String) {
        root = -1
        self.path = path.hasPrefix("/") ? path : "/" + path
    }

    /// A path within a container. Its absolute names and symbolic links are taken below `root`, a descriptor that stays
    /// open meanwhile.
    public init(container root: CInt, path: String) {
        self.root = root
        self.path = path.hasPrefix("/") ? path : "/" + path
    }

    /// Whether this is a container's side, where new files belong to root.
    public var isContainer: Bool { root != nil }

    /// Whether only the directory's contents are meant.
    public var meansContents: Bool { path.hasSuffix("/.") || path == "." || path == "/" }

    /// Whether the path says that it is a directory.
    public var saysDirectory: Bool { path.hasSuffix("/") || meansContents }

    /// The path without what stands for "a directory" at its end; `/` for the root.
    var trimmed: String {
        var text = Substring(path)
        while text.count > 1 {
            if text.hasSuffix("/.") {
                text = text.dropLast(2)
            } else if text.hasSuffix("/") {
                text = text.dropLast()
            } else {
                break
            }
        }
        return text.isEmpty ? "/" : String(text)
    }

    /// The last component, and the directory that it is in.
    var split: (directory: String, name: String) {
        let text = trimmed
        guard let slash = text.lastIndex(of: "/") else { return (".", text) }
        let directory = slash == text.startIndex ? "/" : String(text[..<slash])
        return (directory, String(text[text.index(after: slash)...]))
    }

    /// Opens a path of this side.
    func open(_ path: String, _ flags: CInt) throws(SystemError) -> OwnedDescriptor {
        if let root { return try OwnedDescriptor.open(path, inRoot: root, flags) }
        return try OwnedDescriptor.open(path, flags)
    }

    /// What kind of file a path of this side is, symbolic links followed; nil where there is none.
    func kind(_ path: String) throws(SystemError) -> mode_t? {
        do throws(SystemError) {
            let descriptor = try open(path, O_PATH)
            return try FileStatus.of(descriptor.number, path).st_mode & S_IFMT
        } catch {
            if error.number == ENOENT || error.number == ENOTDIR { return nil }
            throw error
        }
    }
}

/// fstat(2) and its relatives as throwing functions.
enum FileStatus {
    static func of(_ descriptor: CInt, _ object: String) throws(SystemError) -> stat {
        var status = stat()
        try systemCall("fstat", object) { unsafe fstat(descriptor, &status) }
        return status
    }

    /// The status of a name in a directory, a symbolic link not followed.
    static func of(_ name: String, in directory: CInt) throws(SystemError) -> stat {
        var status = stat()
        try systemCall("fstatat", name) { unsafe fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) }
        return status
    }
}
