import CLinux
import Glibc
import JSON
import LinuxSystem
import OCISpec

/// The containers of one root directory, as files: docs/architecture.md says which.
public struct ContainerStore: Sendable {
    /// The directory that `--root` names, absolute.
    public let root: String
    /// What the configuration files say, for what a start needs of them.
    let configuration: Configuration

    /// Opens a store; directories are made when a container is.
    public init(root: String, configuration: Configuration = Configuration()) {
        self.root = root
        self.configuration = configuration
    }

    /// The name of the control socket in a container's directory.
    static let socketName = "control.sock"

    var containers: String { root + "/containers" }
    var names: String { root + "/names" }

    /// A container's directory.
    public func directory(_ id: String) -> String { "\(containers)/\(id)" }

    /// The log of events.
    public var events: EventLog { EventLog(root: root) }

    /// Ids of all containers that have a record or are being made.
    func ids() throws -> [String] {
        try WholeFile.names(in: containers).filter(Self.isID)
    }

    static func isID(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    /// A container's record; nil where it is gone or still being made.
    public func record(_ id: String) throws -> ContainerRecord? {
        try decode(ContainerRecord.self, directory(id) + "/record.json")
    }

    /// The OCI configuration of a container.
    public func spec(_ id: String) throws -> Spec {
        guard let spec = try decode(Spec.self, directory(id) + "/config.json") else {
            throw LaunchError.noSuchContainer(id)
        }
        return spec
    }

    /// What the supervisor wrote last; `view` tells the truth where it may have been killed.
    func lifecycle(_ id: String) throws -> Lifecycle {
        try decode(LifecycleDocument.self, directory(id) + "/state.json")?.lifecycle ?? .created
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value? {
        guard let bytes = try WholeFile.read(path) else { return nil }
        do {
            return try JSONParser.parse(bytes).decode(type)
        } catch {
            throw LaunchError("\(path): \(error)", status: 1)
        }
    }

    /// Finds a container by its name, its id, or the first digits of its id.
    public func find(_ text: String) throws -> ContainerRecord {
        if let id = try nameTarget(text), let record = try record(id) { return record }
        guard !text.isEmpty, text.utf8.count <= 64, text.utf8.allSatisfy({ $0 != UInt8(ascii: "/") }) else {
            throw LaunchError.noSuchContainer(text)
        }
        if Self.isID(text), let record = try record(text) { return record }
        let matches = try ids().filter { $0.hasPrefix(text) }
        if matches.count > 1 {
            throw LaunchError("several containers have ids that begin with \(text): give more digits", status: 1)
        }
        guard let id = matches.first, let record = try record(id) else { throw LaunchError.noSuchContainer(text) }
        return record
    }

    /// The id that a name stands for.
    func nameTarget(_ name: String) throws -> String? {
        guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "/")), !name.utf8.contains(0), name.first != "." else {
            return nil
        }
        var buffer = [CChar](repeating: 0, count: 128)
        // The buffer has the room that is named.
        let count = unsafe readlink("\(names)/\(name)", &buffer, buffer.count)
        if count < 0 {
            if [ENOENT, EINVAL, ENOTDIR, ENAMETOOLONG].contains(errno) { return nil }
            throw SystemError.last("readlink", name)
        }
        let target = String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
        return Self.isID(target) ? target : nil
    }

    /// Takes a name for a container; whoever makes the link has it.
    ///
    /// - Returns: false where another container has it.
    func claimName(_ name: String, for id: String) throws -> Bool {
        let path = "\(names)/\(name)"
        for _ in 0..<2 {
            if unsafe symlink(id, path) == 0 { return true }
            guard errno == EEXIST else { throw SystemError.last("symlink", path) }
            guard let holder = try nameTarget(name) else { return false }
            if try record(holder) == nil { try removeAbandoned(holder) }
            if unsafe access(directory(holder), F_OK) == 0 { return false }
            // Its container is gone: whoever removed it was killed before the name went. One process at a time cleans
            // up, and looks again, so that no name is taken away that was just given anew.
            let lock = try OwnedDescriptor.open(names, O_RDONLY | O_DIRECTORY)
            try systemCall("flock", names) { linux_flock(lock.number, LOCK_EX) }
            if try nameTarget(name) == holder { _ = unsafe unlink(path) }
        }
        return false
    }

    /// Gives a name back.
    func releaseName(_ name: String, of id: String) {
        // A name that belongs to another container stays.
        if (try? nameTarget(name)) == id { _ = unsafe unlink("\(names)/\(name)") }
    }

    /// Makes the directory of a new container, and takes its lock. Meanwhile nobody looks for abandoned ones.
    func makeDirectory(_ id: String) throws -> SupervisorLock {
        try makeDirectories()
        let gate = try OwnedDescriptor.open(containers, O_RDONLY | O_DIRECTORY)
        try systemCall("flock", containers) { linux_flock(gate.number, LOCK_SH) }
        try systemCall("mkdir", id) { unsafe mkdirat(gate.number, id, 0o711) }
        guard let lock = try SupervisorLock.take(directory(id), waits: true) else {
            throw LaunchError.noSuchContainer(id)
        }
        _ = consume gate
        return lock
    }

    /// Makes the directories of the store.
    private func makeDirectories() throws {
        for path in [containers, names] where unsafe access(path, F_OK) != 0 {
            try LinuxSystem.makeDirectories(path, mode: 0o711)
        }
    }
}
