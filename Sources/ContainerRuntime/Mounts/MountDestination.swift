import CLinux
import Glibc
import LinuxSystem

/// Finds and makes places in a container's root file system. Every path is resolved by the kernel as if that were `/`
/// (openat2(2), RESOLVE_IN_ROOT): links in a hostile image cannot lead out of it.
struct MountDestination {
    /// The root, open with O_PATH.
    let root: CInt

    /// What a missing place is made as.
    enum Kind { case directory, file }

    /// A name in an open directory.
    struct Entry: ~Copyable {
        let directory: OwnedDescriptor
        let name: String
    }

    /// Opens a place with O_PATH.
    ///
    /// - Parameter links: whether symbolic links may be on the way.
    func find(_ path: String, links: Bool = true) throws(SystemError) -> OwnedDescriptor {
        let resolve = Resolve.inRoot | Resolve.noMagicLinks | (links ? 0 : Resolve.noSymlinks)
        var attempts = 0
        while true {
            do throws(SystemError) {
                return OwnedDescriptor(
                    owning: try systemCall("openat2", path) {
                        unsafe linux_openat2(root, path, UInt64(O_PATH | O_CLOEXEC), 0, resolve)
                    })
            } catch {
                // The kernel could not be sure that a `..` stayed inside while something was renamed.
                attempts += 1
                if error.number != EAGAIN || attempts > 32 { throw error }
            }
        }
    }

    /// Opens a place, or nil where there is nothing.
    func findIfThere(_ path: String) throws(SystemError) -> OwnedDescriptor? {
        do throws(SystemError) {
            return try find(path)
        } catch {
            if error.number == ENOENT || error.number == ENOTDIR { return nil }
            throw error
        }
    }

    /// Opens a place, and makes it and the directories above it where they are missing.
    func findOrMake(_ path: String, _ kind: Kind, links: Bool = true) throws(SystemError) -> OwnedDescriptor {
        do throws(SystemError) {
            return try find(path, links: links)
        } catch {
            if error.number != ENOENT { throw error }
        }
        if try !makeLast(path, kind) { try make(path, kind) }
        return try find(path, links: links)
    }

    /// The directory above a path, made where it is missing, and the path's last name.
    func parent(of path: String) throws(SystemError) -> Entry {
        let components = path.split(separator: "/")
        guard let name = components.last, name != "..", name != "." else {
            throw SystemError("open", path, number: EINVAL)
        }
        let directory = try findOrMake("/" + components.dropLast().joined(separator: "/"), .directory)
        return Entry(directory: directory, name: String(name))
    }

    /// Makes a place in a directory that is there: the usual case.
    ///
    /// - Returns: false where there is more to make, or a link of that name.
    private func makeLast(_ path: String, _ kind: Kind) throws(SystemError) -> Bool {
        let components = path.split(separator: "/")
        guard let name = components.last, name != ".", name != "..",
            let directory = try findIfThere("/" + components.dropLast().joined(separator: "/"))
        else { return false }
        do throws(SystemError) {
            try Self.make(String(name), in: directory.number, kind, path)
        } catch {
            if error.number == EEXIST { return false }
            throw error
        }
        return true
    }

    private static func make(
        _ name: String, in directory: CInt, _ kind: Kind, _ path: String
    ) throws(SystemError) {
        switch kind {
        case .directory: try systemCall("mkdir", path) { unsafe mkdirat(directory, name, 0o755) }
        case .file:
            let file = try systemCall("open", path) {
                unsafe openat(directory, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0o644)
            }
            close(file)
        }
    }

    private func make(_ path: String, _ kind: Kind) throws(SystemError) {
        var components = path.split(separator: "/").map(String.init)
        var done: [String] = []
        var linksFollowed = 0
        while !components.isEmpty {
            let name = components.removeFirst()
            let here = "/" + (done + [name]).joined(separator: "/")
            do throws(SystemError) {
                _ = try find(here)
                done.append(name)
                continue
            } catch {
                if error.number != ENOENT { throw error }
            }
            let directory = try find("/" + done.joined(separator: "/"))
            // A link to nothing: what it names is made instead, as `/etc/resolv.conf` of many images.
            if let target = try link(name, in: directory.number) {
                linksFollowed += 1
                guard linksFollowed <= 40 else { throw SystemError("open", path, number: ELOOP) }
                if target.hasPrefix("/") { done = [] }
                components = target.split(separator: "/").map(String.init) + components
                continue
            }
            try Self.make(name, in: directory.number, components.isEmpty ? kind : .directory, here)
            done.append(name)
        }
    }

    private func link(_ name: String, in directory: CInt) throws(SystemError) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let length = unsafe buffer.withUnsafeMutableBytes { room -> Int in
            // The array is not empty, so there is an address; the call writes at most `count` bytes.
            guard let start = room.baseAddress else { return 0 }
            return unsafe readlinkat(directory, name, start.assumingMemoryBound(to: CChar.self), room.count)
        }
        if length < 0 {
            if errno == ENOENT || errno == EINVAL { return nil }
            throw SystemError.last("readlink", name)
        }
        return String(decoding: buffer.prefix(length), as: UTF8.self)
    }
}

/// What an open file is (fstat(2)).
func fileStatus(_ descriptor: CInt, _ name: String = "") throws(SystemError) -> stat {
    var status = stat()
    try systemCall("fstat", name) { unsafe fstat(descriptor, &status) }
    return status
}

/// The kernel's text for an error number.
func errorText(_ number: CInt) -> String { SystemError("", "", number: number).reason }

extension stat {
    var isDirectory: Bool { st_mode & S_IFMT == S_IFDIR }
    var isRegular: Bool { st_mode & S_IFMT == S_IFREG }
    var isCharacterDevice: Bool { st_mode & S_IFMT == S_IFCHR }
}
