import ImageStore
import JSON
import OCISpec

/// Why `hull-image` did not do its work.
public struct ImageProgramFailure: Error, CustomStringConvertible, Equatable {
    /// One line for people.
    public let description: String
}

/// Reads and writes archives of images, by `hull-image`: no foreign archive is parsed in this process.
public struct ImageProgram {
    /// An image that has come into the store.
    public struct LoadedImage: Sendable, Equatable {
        /// Its id.
        public var id: Digest
        /// Its names; none where the archive gives it none.
        public var references: [Reference]
    }

    private let root: String
    private let program: HelperProgram

    /// Makes one.
    ///
    /// - Parameters:
    ///   - root: the store's directory, as `--root`.
    ///   - configuration: for the place of the executable.
    public init(root: String, configuration: Configuration) {
        self.root = root
        program = HelperProgram(name: "hull-image", path: configuration.paths["hull-image"])
    }

    /// Loads images from a file, a directory, or standard input, and unpacks them.
    public func load(_ input: String?, platform: Platform?) throws -> [LoadedImage] {
        var arguments = ["load"]
        if let input { arguments += ["--input", input] }
        return try run(arguments + Self.option(platform), [])
    }

    /// Unpacks an image's layers.
    public func unpack(_ image: String, platform: Platform?) throws {
        _ = try run(["unpack"] + Self.option(platform), [image])
    }

    /// Saves images into a file, or to standard output.
    public func save(_ images: [String], to output: String?, platform: Platform?) throws {
        var arguments = ["save"]
        if let output { arguments += ["--output", output] }
        _ = try run(arguments + Self.option(platform), images)
    }

    /// Makes an image from a root file system's archive, `-` for standard input.
    public func importArchive(
        _ file: String, as reference: String?, changes: [String], message: String?, platform: Platform?
    ) throws -> LoadedImage {
        var arguments = ["import"]
        for change in changes { arguments += ["--change", change] }
        if let message { arguments += ["--message", message] }
        let images = try run(arguments + Self.option(platform), [file] + (reference.map { [$0] } ?? []))
        guard let image = images.first else { throw ImageProgramFailure(description: "hull-image made no image") }
        return image
    }

    /// Makes the read-only disk that a micro-VM has of unpacked layers, where it is not there.
    ///
    /// - Parameter layers: lowest first.
    func makeDisk(_ layers: [Digest]) throws { _ = try run(["disk"], layers.map(\.description)) }

    /// Makes the disk that a guest starts from, where it is not there.
    func makeAgentDisk(_ agent: String) throws { _ = try run(["agent-disk"], [agent]) }

    /// Writes a file or directory, opened with O_PATH, as a tar archive to standard output.
    func archive(_ source: CInt, as name: String) throws { _ = try run(["archive"], [name], giving: source) }

    /// Unpacks a tar archive from standard input into an open directory.
    func extract(into directory: CInt) throws { _ = try run(["extract"], [], giving: directory) }

    /// Removes layers that only root of the user's own user namespace may remove.
    public func sweep() throws { _ = try run(["sweep"], []) }

    private static func option(_ platform: Platform?) -> [String] {
        platform.map { ["--platform", $0.description] } ?? []
    }

    private func run(
        _ arguments: [String], _ operands: [String], giving descriptor: CInt? = nil
    ) throws -> [LoadedImage] {
        var images: [LoadedImage] = []
        var failure: ImageProgramFailure?
        let globals = ["--store", root, "--events", "\(HelperProgram.eventDescriptor)"]
        let status = try program.run(globals + arguments + ["--"] + operands, giving: descriptor) { line in
            let event = try JSONParser.parse(line)
            switch event["event"]?.stringValue {
            case "loaded":
                guard let id = event["id"]?.stringValue.flatMap({ Digest($0) }) else { return }
                let names = event["references"]?.arrayValue?.compactMap(\.stringValue) ?? []
                images.append(LoadedImage(id: id, references: try names.map { try Reference($0) }))
            case "error":
                failure = ImageProgramFailure(description: event["message"]?.stringValue ?? "hull-image failed")
            default: break
            }
        } idle: {
        }
        if let failure { throw failure }
        if status != 0 {
            throw ImageProgramFailure(description: "hull-image ended with status \(status) without a word")
        }
        return images
    }
}
