import CLinux
import Glibc
import LinuxSystem

/// The directory into which a layer is unpacked. Nothing is reached but through a descriptor of the directory that holds
/// it, and such a descriptor only by openat2 with RESOLVE_BENEATH: no name, no symbolic link of the layer leads out.
final class LayerTree {
    private struct Cached {
        var path: EntryPath
        var descriptor: CInt
    }

    private let root: OwnedDescriptor
    private var cache: [Cached] = []
    private var victim = 0
    private static let cacheSize = 16

    init(_ path: String) throws(ArchiveError) {
        root = try archiving { () throws(SystemError) in
            try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        }
    }

    deinit {
        for cached in cache { close(cached.descriptor) }
    }

    var rootDescriptor: CInt { root.number }

    /// Forgets what was opened by a path or below it, because something else takes its place.
    func forget(below path: EntryPath) {
        cache.removeAll { cached in
            guard cached.path.isWithin(path) else { return false }
            close(cached.descriptor)
            return true
        }
        victim = 0
    }

    /// A descriptor (O_PATH) of a directory of the layer, valid until the next call; missing ones are made.
    func directory(_ path: EntryPath) throws(ArchiveError) -> CInt {
        if path.isRoot { return root.number }
        if let cached = cache.last(where: { $0.path == path }) { return cached.descriptor }
        let descriptor = try open(path, O_PATH | O_DIRECTORY, makeMissing: true)
        if cache.count < Self.cacheSize {
            cache.append(Cached(path: path, descriptor: descriptor))
        } else {
            close(cache[victim].descriptor)
            cache[victim] = Cached(path: path, descriptor: descriptor)
            victim = (victim + 1) % Self.cacheSize
        }
        return descriptor
    }

    /// Opens a path of the layer; whoever calls closes it.
    func open(_ path: EntryPath, _ flags: CInt, makeMissing: Bool) throws(ArchiveError) -> CInt {
        if path.isRoot {
            return try archiving { () throws(SystemError) in
                try OwnedDescriptor.open(".", flags, at: root.number).release()
            }
        }
        var attempts = 0
        while true {
            let descriptor = unsafe path.withPath { name in
                unsafe linux_openat2(
                    root.number, name, UInt64(UInt32(bitPattern: flags | O_CLOEXEC)), 0,
                    Resolve.beneath | Resolve.noMagicLinks)
            }
            if descriptor >= 0 { return descriptor }
            let number = errno
            attempts += 1
            switch number {
            case EINTR where attempts < 32, EAGAIN where attempts < 32: continue
            case ENOENT where makeMissing && attempts < 4:
                guard let parent = path.parent else { break }
                let holder = try open(parent, O_PATH | O_DIRECTORY, makeMissing: true)
                defer { close(holder) }
                // A dangling symbolic link is there, but leads to nothing that could be written to.
                if unsafe path.withName({ unsafe mkdirat(holder, $0, 0o755) }) != 0, errno != EEXIST {
                    throw .system(.last("mkdir", path.description))
                }
                continue
            case ENOENT where makeMissing:
                throw .refused(
                    entry: path.description, reason: "it is a symbolic link to nothing, and entries are within it")
            case EXDEV: throw .refused(entry: path.description, reason: "it leads out of the layer by a symbolic link")
            case ELOOP: throw .refused(entry: path.description, reason: "its symbolic links make a loop")
            case ENOTDIR:
                throw .refused(entry: path.description, reason: "it is no directory, but entries are within it")
            case ENAMETOOLONG: throw .refused(entry: path.description, reason: "a name is too long for the file system")
            default: break
            }
            throw .system(SystemError("openat2", path.description, number: number))
        }
    }
}
