import CLinux
import Glibc
import ImageStore
import JSON
import LinuxSystem

/// Machines that were booted and stand where their agent waits for work: every run of the same shape goes on from a copy.
/// None holds a workload, an image or a secret. `ROOT/templates/KEY` is complete once it has this name.
public struct TemplateStore: Sendable {
    private let root: String

    /// Works in a store's directory.
    public init(root: String) { self.root = root }

    /// Where they are.
    var directory: String { root + "/templates" }

    func path(_ key: String) -> String { directory + "/" + key }

    /// The names of a template's files.
    enum File {
        static let state = "state"
        static let memory = "memory"
        static let description = "description.json"
        /// Why none can be made on this host, so that it is not tried at each start.
        static let refusal = "refused"
    }

    /// What a template depends on, as one name: whose it is, the files by what the file system knows of them, the shape,
    /// and the host's kernel, whose KVM the state is of. Another kind of processor is refused by the monitor itself.
    func key(_ files: MachineFiles, _ shape: MachineShape, kernelArguments: [String]) throws -> String {
        let host = try SystemName.current()
        var words = ["1", "\(geteuid())", "\(shape.memory)", "\(shape.processors)", host.release, host.version]
        for path in [files.kernel, files.agentDisk, files.monitor] {
            words.append(try TemplateDescription.FileStamp(path: path).text)
        }
        words += kernelArguments
        return String(ContentHash.digest(Array(words.joined(separator: "\n").utf8)).hex.prefix(32))
    }

    /// Whether there is one, or a reason for none.
    func has(_ key: String) -> Bool {
        unsafe access(path(key) + "/" + File.description, F_OK) == 0 || isRefused(key)
    }

    /// Whether this host makes none.
    func isRefused(_ key: String) -> Bool { unsafe access(path(key) + "/" + File.refusal, F_OK) == 0 }

    /// Why this host makes none; nil where it does.
    func refusal(_ key: String) throws -> String? {
        guard let text = try WholeFile.read(path(key) + "/" + File.refusal, limit: 4096) else { return nil }
        return GuestText.shown(String(decoding: text.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }

    /// The keys of all that are there.
    public func keys() throws -> [String] {
        guard unsafe access(directory, F_OK) == 0 else { return [] }
        return try WholeFile.names(in: directory).filter { !$0.hasPrefix(".") && description($0) != nil }.sorted()
    }

    /// What is written of one.
    public func description(_ key: String) -> TemplateDescription? {
        // One without a description is none: its maker was killed, or it was refused.
        guard let bytes = (try? WholeFile.read(path(key) + "/" + File.description)).flatMap({ $0 }) else { return nil }
        return try? JSONParser.parse(bytes).decode(TemplateDescription.self)
    }

    /// Removes one. Copies that run keep what they have mapped.
    public func remove(_ key: String) throws {
        // Renamed first, so that nobody takes half of it for a whole.
        let gone = path(".gone-\(key)-\(getpid())")
        try systemCall("rename", path(key)) { unsafe rename(path(key), gone) }
        try Self.removeDirectory(gone)
    }

    // lseek(2); Swift does not see these macros.
    private static let seekData: CInt = 3
    private static let seekHole: CInt = 4

    static func removeDirectory(_ path: String) throws {
        for name in try WholeFile.names(in: path) { _ = unsafe unlink(path + "/" + name) }
        try systemCall("rmdir", path) { unsafe rmdir(path) }
    }

    /// The bytes that one takes on disk.
    public func size(_ key: String) -> Int64 {
        [File.state, File.memory].reduce(0) { sum, name in
            var status = stat()
            return unsafe stat(path(key) + "/" + name, &status) == 0 ? sum + Int64(status.st_blocks) * 512 : sum
        }
    }

    /// Verifies all of one, the memory too.
    ///
    /// - Throws: what is wrong with it.
    public func verify(_ key: String) throws {
        let open = try OpenTemplate(path(key))
        let digest = try Self.digest(open.memory, "the memory of template \(key)")
        if digest != open.description.memoryDigest {
            throw LaunchError("template \(key) is damaged: its memory is not what was written", status: 1)
        }
    }

    /// The digest of a sparse file: of its data and of where that is.
    static func digest(_ file: borrowing OwnedDescriptor, _ name: String) throws -> String {
        var hash = ContentHash()
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var offset: off_t = 0
        while true {
            // ENXIO: there is no more data.
            let data = lseek(file.number, offset, seekData)
            if data < 0, errno == ENXIO { break }
            offset = try systemCall("lseek", name) { data }
            let end = try systemCall("lseek", name) { lseek(file.number, offset, seekHole) }
            let place = Array("\(offset)-\(end)\n".utf8)
            unsafe place.withUnsafeBytes { unsafe hash.update($0) }
            while offset < end {
                let room = min(buffer.count, Int(end - offset))
                let count = try systemCall("pread", name) {
                    // The buffer has at least the room that is named.
                    unsafe buffer.withUnsafeMutableBytes { unsafe pread(file.number, $0.baseAddress, room, offset) }
                }
                if count == 0 { throw SystemError("pread", name, number: ENODATA) }
                unsafe buffer.withUnsafeBytes { unsafe hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
                offset += off_t(count)
            }
        }
        // Whoever gets the open file reads it from its beginning.
        try systemCall("lseek", name) { lseek(file.number, 0, SEEK_SET) }
        return hash.finish().hex
    }
}

/// A template that was verified, with its files open: what is done to the directory afterwards does not matter.
struct OpenTemplate: ~Copyable {
    let state: OwnedDescriptor
    let memory: OwnedDescriptor
    let description: TemplateDescription

    /// The largest description and state, in bytes.
    private static let limit = 64 << 20

    /// Opens and verifies one.
    ///
    /// - Throws: why it is not to be used.
    init(_ path: String) throws {
        let directory = try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        try Self.checkOwner(directory, path)
        func open(_ name: String) throws -> OwnedDescriptor {
            let file = try OwnedDescriptor.open(name, O_RDONLY | O_NOFOLLOW, at: directory.number)
            try Self.checkOwner(file, "\(path)/\(name)")
            return file
        }
        let text = try BoundedFile.read(open(TemplateStore.File.description), path, limit: Self.limit)
        let description = try JSONParser.parse(text).decode(TemplateDescription.self)
        let state = try open(TemplateStore.File.state)
        let memory = try open(TemplateStore.File.memory)
        guard try TemplateStore.digest(state, path) == description.stateDigest else {
            throw LaunchError("its state is not what was written")
        }
        guard try TemplateDescription.FileStamp(memory, path) == description.memoryFile else {
            throw LaunchError("its memory file was changed or replaced")
        }
        self.state = state
        self.memory = memory
        self.description = description
    }

    /// Nobody but us can have written it.
    private static func checkOwner(_ file: borrowing OwnedDescriptor, _ path: String) throws {
        var status = stat()
        try systemCall("fstat", path) { unsafe fstat(file.number, &status) }
        guard status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
            throw LaunchError("\(path) belongs to another user, or others may write to it")
        }
    }
}
