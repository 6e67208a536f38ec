import Glibc
import ImageStore
import JSON
import LinuxSystem

/// A kernel for micro-VMs that is on this host, with what is known of it.
public struct GuestKernel: Sendable, Equatable {
    /// Its file, absolute.
    public let path: String
    /// The directory's name: the hash of source, configuration and compiler. Of another kernel, its path.
    public let name: String
    /// The source's package and version, where they were noted when it was built.
    public let source: String?
    /// The compiler, where it was noted.
    public let compiler: String?
    /// Bytes of the file.
    public let size: Int64
    /// When it was made.
    public let created: WallClock
    /// Whether machines start from it when no other is named.
    public let isDefault: Bool

    /// The version of the source's package.
    public var version: String { source?.split(separator: " ").last.map(String.init) ?? "" }
    /// The size for people.
    public var readableSize: String { HumanUnits.decimal(UInt64(max(0, size))) }
    /// How long ago it was made.
    public var age: String { HumanUnits.since(created) }

    /// What is known of it without reading it.
    public var json: JSONValue {
        [
            "Name": .string(name), "Path": .string(path), "Version": .string(version), "Size": .integer(size),
            "Created": .string(created.rfc3339), "Default": .bool(isDefault),
        ]
    }

    /// How long its description may be, in bytes.
    private static let descriptionLimit = 1 << 16

    init?(path: String, name: String, isDefault: Bool) {
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        self.path = path
        self.name = name
        self.isDefault = isDefault
        size = Int64(status.st_size)
        created = WallClock(nanoseconds: Int64(status.st_mtim.tv_sec) * 1_000_000_000)
        // A kernel of the user's own has no description.
        let text = try? WholeFile.read(Self.directory(of: path) + "/description", limit: Self.descriptionLimit)
        var fields: [Substring: String] = [:]
        for line in String(decoding: text ?? [], as: UTF8.self).split(separator: "\n") {
            guard let blank = line.firstIndex(of: " ") else { continue }
            fields[line[..<blank]] = printable(String(line[line.index(after: blank)...]))
        }
        source = fields["source"]
        compiler = fields["compiler"]
    }

    private static func directory(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }

    /// All kernels of this host, in the order in which they are looked for; a kernel that the configuration names is first.
    ///
    /// - Parameters:
    ///   - root: the store's directory.
    ///   - environment: for the place of what `Kernels/build` built.
    public static func all(
        root: String, _ configuration: Configuration, _ environment: [String: String]
    ) throws -> [GuestKernel] {
        let files = KernelFiles(root: root, configuration, environment)
        // Where none is found, or the configuration names one that is not there, none is the default.
        let chosen = (try? files.find(chosen: nil)).flatMap(realPath)
        var kernels: [GuestKernel] = []
        func add(_ path: String, _ name: String) {
            guard let real = realPath(path), !kernels.contains(where: { $0.path == real }) else { return }
            if let kernel = GuestKernel(path: real, name: name, isDefault: real == chosen) { kernels.append(kernel) }
        }
        if let path = configuration.kernel { add(path, path) }
        for directory in files.directories {
            for name in try WholeFile.names(in: directory).sorted() where name != KernelFiles.current {
                add("\(directory)/\(name)/\(KernelFiles.name)", name)
            }
        }
        return kernels
    }

    private static func realPath(_ path: String) -> String? {
        guard let text = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(text) }
        return unsafe String(cString: text)
    }

    /// All that is known of it, with the digest of the file as it is now.
    public func inspection() throws -> JSONValue {
        let options = try WholeFile.read(Self.directory(of: path) + "/config") ?? []
        let lines = String(decoding: options, as: UTF8.self).split(separator: "\n").filter { $0.hasPrefix("CONFIG_") }
        let more: JSONValue = [
            "Source": .string(source ?? ""), "Compiler": .string(compiler ?? ""), "Sha256": .string(try digest()),
            "Configuration": .array(lines.map { .string(String($0)) }),
        ]
        return .object(JSONObject([json, more].flatMap { $0.objectValue?.members ?? [] }))
    }

    private func digest() throws -> String {
        let file = try OwnedDescriptor.open(path, O_RDONLY)
        var hash = ContentHash()
        _ = try hash.update(reading: file, path)
        return hash.finish().hex
    }
}
