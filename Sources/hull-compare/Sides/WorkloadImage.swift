import CommandLineOptions
import Glibc
import ImageStore
import JSON
import LinuxSystem
import OCISpec

/// An image with one layer more, that has the program `/hull-workload` of workloads which a shell cannot time: the same
/// bytes on every side, and read-only as all layers are.
struct WorkloadImage {
    private static let program = "hull-workload"

    /// The images that were made, by the references of those that they were made from.
    private var made: [String: Reference] = [:]
    private let globals: [String]
    private let root: String

    /// - Parameters:
    ///   - globals: the options of hull before a command's name.
    ///   - root: the store's directory.
    init(globals: [String], root: String) {
        self.globals = globals
        self.root = root
    }

    /// Whether a command names the program.
    static func isNeeded(by command: [String]) -> Bool { command.contains { $0.contains("/" + program) } }

    /// The reference of an image like this one, with the program.
    ///
    /// - Parameter image: is in the store.
    mutating func reference(for image: String) throws -> String {
        if let reference = made[image] { return reference.description }
        let bytes = try Self.programBytes()
        let reference = try Reference("hull-compare/workload:\(getpid())-\(made.count)")
        let store = try ImageStore(root: root)
        let hold = try store.hold()
        let base = try store.resolve(image)
        let layer = Self.archive(of: bytes)
        let digest = try store.addBlob(layer)
        var configuration = base.configuration
        configuration.rootfs = ImageConfiguration.RootFilesystem(diffIDs: configuration.rootfs.diffIDs + [digest])
        configuration.history = nil
        let text = try JSONValue.encode(configuration).bytes()
        let manifest = Manifest(
            config: Descriptor(
                mediaType: MediaType.configuration, digest: try store.addBlob(text), size: Int64(text.count)),
            layers: base.manifest.layers
                + [Descriptor(mediaType: MediaType.layer, digest: digest, size: Int64(layer.count))])
        let document = try JSONValue.encode(manifest).bytes()
        try store.setReference(
            reference,
            to: Descriptor(
                mediaType: MediaType.manifest, digest: try store.addBlob(document), size: Int64(document.count)))
        _ = consume hold
        made[image] = reference
        let unpacked = try CommandOutput.of(hullPath, globals + ["image", "unpack", reference.description])
        guard unpacked.status == 0 else { throw CommandFailure(unpacked.complaint, status: 125) }
        return reference.description
    }

    /// The program's file.
    static func programBytes() throws -> [UInt8] {
        guard let path = ChildProgram.find(program, in: ChildProgram.ownDirectories()),
            let bytes = try WholeFile.read(path)
        else { throw UsageError("cannot find \(program) beside hull-compare: install it") }
        return bytes
    }

    /// Removes the images that were made.
    mutating func cleanUp() {
        for reference in made.values {
            // What stays is swept by a later command.
            _ = try? CommandOutput.of(hullPath, globals + ["rmi", "--force", reference.description])
        }
        made = [:]
    }

    /// A tar archive with the program at its root, owned by root and executable by all (ustar, POSIX.1-1988).
    private static func archive(of bytes: [UInt8]) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at place: Int) {
            for (offset, byte) in text.utf8.enumerated() { header[place + offset] = byte }
        }
        func octal(_ value: Int, _ digits: Int) -> String {
            let text = String(value, radix: 8)
            return String(repeating: "0", count: digits - text.utf8.count) + text
        }
        put(program, at: 0)
        put(octal(0o755, 7), at: 100)
        put(octal(0, 7), at: 108)
        put(octal(0, 7), at: 116)
        put(octal(bytes.count, 11), at: 124)
        put(octal(0, 11), at: 136)
        // The checksum counts itself as spaces.
        put("        0", at: 148)
        put("ustar", at: 257)
        put("00", at: 263)
        put(octal(header.reduce(0) { $0 + Int($1) }, 6) + "\0 ", at: 148)
        let padding = (512 - bytes.count % 512) % 512 + 1024
        return header + bytes + [UInt8](repeating: 0, count: padding)
    }
}
