import Glibc
import LinuxSystem

/// Removes a directory with all in it, without following symbolic links, however deep it is.
///
/// What a workload or a layer made may be deeper than there are descriptors: directories deeper than `maximumDepth` are
/// moved up first.
public struct TreeRemoval: ~Copyable {
    private static let maximumDepth = 64

    private let top: OwnedDescriptor
    private let path: String
    private var moved: [String] = []

    private init(_ top: consuming OwnedDescriptor, _ path: String) {
        self.top = top
        self.path = path
    }

    /// Removes the tree or file `name` of a directory; nothing happens where there is none.
    ///
    /// - Parameters:
    ///   - name: a single name within `directory`, or a path.
    ///   - directory: a directory's descriptor, or AT_FDCWD.
    public static func remove(_ name: String, at directory: CInt = AT_FDCWD) throws(SystemError) {
        if unsafe unlinkat(directory, name, 0) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM || errno == ENOTDIR else { throw .last("unlink", name) }
        var removal = TreeRemoval(
            try OwnedDescriptor.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: directory), name)
        try removal.empty()
        try systemCall("rmdir", name) { unsafe unlinkat(directory, name, AT_REMOVEDIR) }
    }

    private mutating func empty() throws(SystemError) {
        try empty(top.number, path, depth: 0)
        while let name = moved.popLast() {
            let directory = try OwnedDescriptor.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: top.number)
            try empty(directory.number, name, depth: 1)
            try systemCall("rmdir", name) { unsafe unlinkat(top.number, name, AT_REMOVEDIR) }
        }
    }

    private mutating func empty(_ directory: CInt, _ path: String, depth: Int) throws(SystemError) {
        // The stream takes over a copy of the descriptor and closes it.
        let copy = try OwnedDescriptor.open(".", O_RDONLY | O_DIRECTORY, at: directory)
        guard let stream = unsafe fdopendir(copy.number) else { throw .last("fdopendir", path) }
        _ = copy.release()
        defer { unsafe closedir(stream) }
        while let entry = unsafe readdir(stream) {
            let isDirectory = unsafe entry.pointee.d_type == UInt8(DT_DIR)
            // The name ends with a zero byte within the record that readdir returned; it may be no UTF-8, so it stays C.
            let failed: SystemError? = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
                unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { name in
                    do throws(SystemError) {
                        try unsafe remove(name, isDirectory: isDirectory, from: directory, path, depth)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            if let failed { throw failed }
        }
    }

    private mutating func remove(
        _ name: UnsafePointer<CChar>, isDirectory: Bool, from directory: CInt, _ path: String, _ depth: Int
    ) throws(SystemError) {
        if unsafe strcmp(name, ".") == 0 || strcmp(name, "..") == 0 { return }
        if !isDirectory {
            if unsafe unlinkat(directory, name, 0) == 0 || errno == ENOENT { return }
            if errno != EISDIR { throw .last("unlink", path) }
        }
        if depth >= Self.maximumDepth {
            let shallow = StoreFiles.unique("deep-")
            try systemCall("rename", path) { unsafe renameat(directory, name, top.number, shallow) }
            moved.append(shallow)
            return
        }
        unsafe Self.permit(name, in: directory)
        let inner = OwnedDescriptor(
            owning: try systemCall("open", path) {
                unsafe openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            })
        try empty(inner.number, path, depth: depth + 1)
        try systemCall("rmdir", path) { unsafe unlinkat(directory, name, AT_REMOVEDIR) }
    }

    /// Lets a user who is not root read and change a directory of his own, such as overlayfs' `work`, which has no mode at
    /// all. What cannot be changed shows itself when it is opened.
    private static func permit(_ name: UnsafePointer<CChar>, in directory: CInt) {
        if geteuid() == 0 { return }
        let number = unsafe openat(directory, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        if number < 0 { return }
        let place = OwnedDescriptor(owning: number)
        // By the descriptor, so that no link is followed; fchmod(2) itself wants one that is open for reading.
        _ = unsafe chmod("/proc/self/fd/\(place.number)", 0o700)
    }
}
