import Glibc
import ImageStore
import JSON
import LinuxSystem
import OCISpec
import RegistryEvents

/// Why an image could not be pulled.
public struct PullFailure: Error, CustomStringConvertible, Equatable {
    /// What went wrong, as `hull-registry` names it (`not-found`, `unauthorized`, …); `unpack` for what came after.
    public let kind: String
    /// One line for people.
    public let description: String
}

/// Pulls images: `hull-registry` fetches and verifies, `hull-image` unpacks, and a display shows it.
public struct ImagePuller {
    /// The store's directory, as `--root`.
    public var root: String
    /// Where progress and the closing lines go: standard output for `pull`, standard error for `run`.
    public var output: CInt
    /// Whether nothing but the image's name is printed.
    public var isQuiet: Bool
    /// Whether the registry may be spoken to without TLS or with certificates that nobody vouches for.
    public var isInsecure: Bool
    /// A PEM file with certificates that are trusted beside the system's.
    public var trustFile: String?
    private let configuration: Configuration

    /// Makes a puller.
    ///
    /// - Parameters:
    ///   - root: the store's directory.
    ///   - configuration: for insecure registries and the places of executables.
    public init(root: String, configuration: Configuration, output: CInt = STDOUT_FILENO, isQuiet: Bool = false) {
        self.root = root
        self.configuration = configuration
        self.output = output
        self.isQuiet = isQuiet
        isInsecure = false
    }

    private func program(_ name: String) -> HelperProgram {
        HelperProgram(name: name, path: configuration.paths[name])
    }

    /// Pulls an image and unpacks it.
    ///
    /// - Parameter closing: whether Docker's closing lines are printed (`Digest:`, `Status:` and the name).
    /// - Throws: `PullFailure`, or what kept the programs from being started.
    @discardableResult
    public func pull(_ reference: Reference, platform: Platform? = nil, closing: Bool = true) throws -> PulledImage {
        let display = makeDisplay()
        let image: PulledImage
        do {
            image = try fetch(reference, platform, display)
            try unpack(image.reference, platform, display)
            display.end()
        } catch {
            display.end()
            throw error
        }
        if isQuiet {
            writeText(image.reference + "\n", to: output)
        } else if closing {
            let status = image.isUpToDate ? "Image is up to date for" : "Downloaded newer image for"
            let name = (try? Reference(image.reference))?.familiarText ?? image.reference
            writeText(
                "Digest: \(image.target.digest)\nStatus: \(status) \(name)\n\(image.reference)\n", to: output)
        }
        return image
    }

    private func makeDisplay() -> any PullDisplay {
        if isQuiet { return SilentDisplay() }
        if isTerminal { return TerminalDisplay(descriptor: output) }
        return LineDisplay(descriptor: output)
    }

    private var isTerminal: Bool {
        guard isatty(output) == 1 else { return false }
        let terminal = unsafe getenv("TERM")
        return unsafe terminal.map { unsafe String(cString: $0) } != "dumb"
    }

    private func fetch(
        _ reference: Reference, _ platform: Platform?, _ display: any PullDisplay
    ) throws -> PulledImage {
        var arguments = ["pull", "--store", root, "--progress-fd", "\(HelperProgram.eventDescriptor)"]
        if let platform { arguments += ["--platform", platform.description] }
        if isInsecure { arguments.append("--insecure") }
        for registry in configuration.insecureRegistries { arguments += ["--insecure-registry", registry] }
        for mirror in configuration.mirrors[reference.registry] ?? [] { arguments += ["--mirror", mirror] }
        if let trustFile { arguments += ["--cacert", trustFile] }
        var result: PulledImage?
        var failure: PullFailure?
        let status = try program("hull-registry").run(arguments + ["--", reference.description]) { line in
            let event = try PullEvent(line: line)
            switch event {
            case .done(let image): result = image
            case .failed(let kind, let message): failure = PullFailure(kind: kind, description: message)
            default: display.show(event)
            }
        } idle: {
            display.refresh()
        }
        if let failure { throw failure }
        guard status == 0, let result else {
            throw PullFailure(
                kind: "failed", description: "hull-registry ended with status \(status) without a word: \(reference)")
        }
        return result
    }

    /// Unpacks an image that is in the store, without a word.
    func unpack(_ image: String, platform: Platform?) throws {
        try unpack(image, platform, SilentDisplay())
    }

    private func unpack(_ image: String, _ platform: Platform?, _ display: any PullDisplay) throws {
        let store = try ImageStore(root: root)
        let stored = try store.resolve(image, platform: platform)
        // A layer is shown by the digest of its blob; the unpacker knows it by the digest of its contents.
        var blobs: [Digest: Digest] = [:]
        for (layer, diffID) in zip(stored.manifest.layers, stored.configuration.rootfs.diffIDs) {
            blobs[diffID] = layer.digest
        }
        if blobs.keys.allSatisfy(store.hasLayer) {
            for digest in blobs.values { display.unpacked(digest) }
            return
        }
        var arguments = ["--store", root, "--events", "\(HelperProgram.eventDescriptor)", "unpack"]
        if let platform { arguments += ["--platform", platform.description] }
        var failure: PullFailure?
        let status = try program("hull-image").run(arguments + ["--", image]) { line in
            let event = try JSONParser.parse(line)
            let layer = event["layer"]?.stringValue.flatMap { Digest($0) }.flatMap { blobs[$0] }
            switch event["event"]?.stringValue {
            case "unpacking": layer.map(display.unpacking)
            case "unpacked": layer.map(display.unpacked)
            case "error":
                failure = PullFailure(kind: "unpack", description: event["message"]?.stringValue ?? "cannot unpack")
            default: break
            }
        } idle: {
            display.refresh()
        }
        if let failure { throw failure }
        if status != 0 {
            throw PullFailure(kind: "unpack", description: "cannot unpack \(image): status \(status)")
        }
        for digest in blobs.values { display.unpacked(digest) }
    }
}

extension Reference {
    /// The name with its tag or digest, as Docker shows it.
    public var familiarText: String {
        familiarName + (digest.map { "@\($0)" } ?? tag.map { ":\($0)" } ?? "")
    }
}

/// Writes all of a text, unbuffered. A reader that is gone ends us by SIGPIPE; other failures lose only progress.
func writeText(_ text: String, to descriptor: CInt) {
    // What was printed before by other means comes first.
    fflush(nil)
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
        // The buffer is as long as the count says.
        let count = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno != EINTR { return }
        bytes = bytes.dropFirst(max(count, 0))
    }
}
