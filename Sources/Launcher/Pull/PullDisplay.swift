import OCISpec
import RegistryEvents

/// Shows how a pull goes.
protocol PullDisplay: AnyObject {
    /// Something happened at the registry.
    func show(_ event: PullEvent)
    /// A layer is being unpacked.
    func unpacking(_ layer: Digest)
    /// A layer is unpacked.
    func unpacked(_ layer: Digest)
    /// Nothing has happened for a moment.
    func refresh()
    /// Nothing more will come.
    func end()
}

/// Shows nothing: `--quiet`.
final class SilentDisplay: PullDisplay {
    func show(_ event: PullEvent) {}
    func unpacking(_ layer: Digest) {}
    func unpacked(_ layer: Digest) {}
    func refresh() {}
    func end() {}
}

/// A line for each step of each layer: for files and pipes.
final class LineDisplay: PullDisplay {
    private let descriptor: CInt
    private var begun: Set<Digest> = []
    private var complete: Set<Digest> = []

    init(descriptor: CInt) {
        self.descriptor = descriptor
    }

    func show(_ event: PullEvent) {
        switch event {
        case .resolving(let reference): write(pullHeading(reference))
        case .layer(let digest, _, _):
            if begun.insert(digest).inserted { write("\(digest.short): Pulling fs layer") }
        case .exists(let digest, _):
            begun.insert(digest)
            complete.insert(digest)
            write("\(digest.short): Already exists")
        case .verified(let digest, _): write("\(digest.short): Download complete")
        case .retrying(let reason): write("Retrying: \(reason)")
        case .warning(let message): write("WARNING: \(message)")
        case .done, .failed: break
        }
    }

    func unpacking(_ layer: Digest) {}

    func unpacked(_ layer: Digest) {
        if complete.insert(layer).inserted { write("\(layer.short): Pull complete") }
    }

    func refresh() {}
    func end() {}

    private func write(_ line: String) { writeText(line + "\n", to: descriptor) }
}

/// `latest: Pulling from library/busybox`.
func pullHeading(_ text: String) -> String {
    guard let reference = try? Reference(text) else { return "Pulling \(text)" }
    return "\(reference.digest?.description ?? reference.tag ?? "latest"): Pulling from \(reference.repository)"
}
