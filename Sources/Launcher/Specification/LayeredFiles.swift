import CLinux
import Glibc
import LinuxSystem

/// Files of a container as seen from outside, without a mount.
public protocol ContainerFiles {
    /// The content of a regular file, or nil where there is none.
    ///
    /// - Parameters:
    ///   - path: absolute in the container; links in it never lead outside.
    ///   - limit: bytes; a larger file is an error.
    func read(_ path: String, limit: Int) throws -> [UInt8]?
}

/// Files below one directory: a running container's `/proc/PID/root`, or a root file system.
public struct RootedFiles: ContainerFiles {
    /// The directory.
    public let root: String

    /// Makes a view.
    public init(root: String) {
        self.root = root
    }

    /// The content of a regular file, or nil where there is none.
    public func read(_ path: String, limit: Int) throws -> [UInt8]? {
        let directory = try OwnedDescriptor.open(root, O_PATH | O_DIRECTORY)
        do {
            let file = try OwnedDescriptor.open(path, inRoot: directory.number, O_RDONLY | O_NONBLOCK | O_NOCTTY)
            guard NodeStatus(file.number)?.isRegular == true else { return nil }
            return try BoundedFile.read(file, path, limit: limit)
        } catch let error as SystemError where [ENOENT, ENOTDIR, ELOOP].contains(error.number) {
            return nil
        }
    }
}

/// Files of directories that overlayfs puts over each other, read as overlayfs would show them: whiteouts, opaque
/// directories and symbolic links are obeyed (kernel: Documentation/filesystems/overlayfs.rst). Every step opens one
/// name in one directory without following links, so nothing in a hostile layer leads out of the layers.
public struct LayeredFiles: ContainerFiles {
    /// The directories, topmost first.
    public let layers: [String]

    private static let maximumLinks = 40
    private static let maximumSteps = 400

    /// Makes a view.
    public init(layers: [String]) {
        self.layers = layers
    }

    /// The content of a regular file, or nil where there is none.
    public func read(_ path: String, limit: Int) throws -> [UInt8]? {
        var remaining = path.split(separator: "/").map(String.init)
        var place: [String] = []
        var links = 0
        var steps = 0
        while !remaining.isEmpty {
            let name = remaining.removeFirst()
            steps += 1
            if steps > Self.maximumSteps { return nil }
            if name == "." { continue }
            if name == ".." {
                place = place.dropLast()
                continue
            }
            switch try entry(name, in: place) {
            case .missing: return nil
            case .directory: place.append(name)
            case .link(let target):
                links += 1
                if links > Self.maximumLinks { return nil }
                if target.hasPrefix("/") { place = [] }
                remaining = target.split(separator: "/").map(String.init) + remaining
            case .file(let layer):
                return remaining.isEmpty ? try content(layer, place, name, limit) : nil
            }
        }
        return nil
    }

    private enum Entry {
        case missing, directory
        case link(String)
        case file(layer: Int)
    }

    /// What a name is in the merged directory `place`, whose own names are no links.
    private func entry(_ name: String, in place: [String]) throws -> Entry {
        for index in layers.indices {
            var end = false
            if let directory = try open(place, layer: index, hidesLower: &end) {
                if let status = NodeStatus(name, in: directory.number) {
                    if status.isWhiteout || Whiteout.isMarked(directory.number, name, status) { return .missing }
                    if status.isDirectory { return .directory }
                    if status.isLink { return .link(try Self.target(directory, name)) }
                    return .file(layer: index)
                }
            }
            if end { return .missing }
        }
        return .missing
    }

    /// Opens a directory in one layer: nil where the layer does not have it.
    ///
    /// - Parameter hidesLower: set where the layer hides all that lies below it there.
    private func open(
        _ place: [String], layer: Int, hidesLower: inout Bool
    ) throws(SystemError) -> OwnedDescriptor? {
        var directory = try OwnedDescriptor.open(layers[layer], O_RDONLY | O_DIRECTORY)
        for name in place {
            guard let status = NodeStatus(name, in: directory.number) else { return nil }
            guard status.isDirectory else {
                hidesLower = true
                return nil
            }
            do {
                directory = try OwnedDescriptor.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: directory.number)
            } catch {
                guard [ELOOP, ENOTDIR, ENOENT].contains(error.number) else { throw error }
                hidesLower = true
                return nil
            }
            if layer + 1 < layers.count, Whiteout.isOpaque(directory.number) { hidesLower = true }
        }
        return directory
    }

    private static func target(_ directory: borrowing OwnedDescriptor, _ name: String) throws -> String {
        let number = directory.number
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = try systemCall("readlinkat", name) {
            // The buffer is as long as is said.
            unsafe readlinkat(number, name, &buffer, Int(PATH_MAX))
        }
        return String(decoding: buffer[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private func content(_ layer: Int, _ place: [String], _ name: String, _ limit: Int) throws -> [UInt8]? {
        var hides = false
        guard let directory = try open(place, layer: layer, hidesLower: &hides) else { return nil }
        let file = try OwnedDescriptor.open(
            name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, at: directory.number)
        guard NodeStatus(file.number)?.isRegular == true else { return nil }
        return try BoundedFile.read(file, "/" + (place + [name]).joined(separator: "/"), limit: limit)
    }
}

/// The marks by which overlayfs hides what lies in lower directories.
private enum Whiteout {
    /// Whether a directory hides what is below it.
    static func isOpaque(_ directory: CInt) -> Bool {
        attribute(directory, "trusted.overlay.opaque") || attribute(directory, "user.overlay.opaque")
    }

    /// Whether an empty file is marked as a whiteout, as rootless layers have it.
    static func isMarked(_ directory: CInt, _ name: String, _ status: NodeStatus) -> Bool {
        guard status.isRegular, status.size == 0,
            let file = try? OwnedDescriptor.open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, at: directory)
        else { return false }  // A file that cannot be read has no mark that could be read.
        return attribute(file.number, "user.overlay.whiteout", any: true)
            || attribute(file.number, "trusted.overlay.whiteout", any: true)
    }

    private static func attribute(_ descriptor: CInt, _ name: String, any: Bool = false) -> Bool {
        var value: UInt8 = 0
        // One byte is offered and one is given as its size.
        let length = unsafe fgetxattr(descriptor, name, &value, 1)
        return any ? length >= 0 : length == 1 && value == UInt8(ascii: "y")
    }
}
