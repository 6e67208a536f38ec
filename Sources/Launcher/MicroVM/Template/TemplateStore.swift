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

    var directories: FinishedDirectories { FinishedDirectories(directory: root + "/templates") }

    func path(_ key: String) -> String { directories.path(key) }

    /// Why none can be made on this host, so that it is not tried at each start.
    static let refusalName = "refused"

    /// What a template depends on, as one name: whose it is, the files by what the file system knows of them, the shape,
    /// and the host's kernel, whose KVM the state is of. Another kind of processor is refused by the monitor itself.
    func key(_ files: MachineFiles, _ shape: MachineShape, kernelArguments: [String]) throws -> String {
        let host = try SystemName.current()
        var words = ["1", "\(geteuid())", "\(shape.memory)", "\(shape.processors)", host.release, host.version]
        for path in [files.kernel, files.agentDisk, files.monitor].compactMap({ $0 }) {
            words.append(try FileStamp(path: path).text)
        }
        words += kernelArguments
        return String(ContentHash.digest(Array(words.joined(separator: "\n").utf8)).hex.prefix(32))
    }

    /// Whether there is one, or a reason for none.
    func has(_ key: String) -> Bool {
        unsafe access(path(key) + "/" + SavedMachine.File.description, F_OK) == 0 || isRefused(key)
    }

    /// Whether this host makes none.
    func isRefused(_ key: String) -> Bool { unsafe access(path(key) + "/" + Self.refusalName, F_OK) == 0 }

    /// Why this host makes none; nil where it does.
    func refusal(_ key: String) throws -> String? {
        guard let text = try WholeFile.read(path(key) + "/" + Self.refusalName, limit: 4096) else { return nil }
        return GuestText.shown(String(decoding: text.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }

    /// The keys of all that are there.
    public func keys() throws -> [String] { try directories.names.filter { description($0) != nil } }

    /// What is written of one.
    public func description(_ key: String) -> TemplateDescription? {
        // One without a description is none: its maker was killed, or it was refused.
        guard let bytes = (try? WholeFile.read(path(key) + "/" + SavedMachine.File.description)).flatMap({ $0 }) else {
            return nil
        }
        return try? JSONParser.parse(bytes).decode(TemplateDescription.self)
    }

    /// Removes one. Copies that run keep what they have mapped.
    public func remove(_ key: String) throws { try directories.remove(key) }

    /// The bytes that one takes on disk.
    public func size(_ key: String) -> Int64 { SavedMachine.size(path(key)) }

    /// Opens and verifies one.
    ///
    /// - Throws: why it is not to be used.
    func open(_ key: String) throws -> OpenMachine {
        let directory = try TrustedDirectory(path(key))
        let description: TemplateDescription = try directory.read(SavedMachine.File.description)
        return try OpenMachine(directory, description.machine)
    }

    /// Verifies all of one, the memory too.
    ///
    /// - Throws: what is wrong with it.
    public func verify(_ key: String) throws {
        do {
            try open(key).verifyMemory()
        } catch {
            throw LaunchError("template \(key) cannot be used: \(error)", status: 1)
        }
    }
}
