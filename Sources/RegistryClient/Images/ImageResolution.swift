import ImageStore
import NIOHTTP1
import OCISpec
import RegistryEvents
import RegistryProtocol

/// Finds the manifest of a platform's image at one server, and brings it, the indexes above it and its configuration into the
/// store.
struct ImageResolution {
    /// What was found.
    struct Found {
        /// What the name points to.
        let target: Descriptor
        /// The platform's manifest.
        let manifest: Manifest
    }

    /// A manifest or an index, with what it turned out to be.
    private struct Document {
        let contents: ManifestDocument
        let descriptor: Descriptor
    }

    private let session: RegistrySession
    private let request: ImagePull.Request
    private let store: ImageStore
    private let report: @Sendable (PullEvent) -> Void

    static let acceptHeaders = HTTPHeaders(ManifestDocument.accepted.map { ("Accept", $0) })

    init(
        _ session: RegistrySession, _ request: ImagePull.Request, _ store: ImageStore,
        _ report: @escaping @Sendable (PullEvent) -> Void
    ) {
        self.session = session
        self.request = request
        self.store = store
        self.report = report
    }

    private var reference: Reference { request.reference }
    private var limits: PullLimits { session.transport.limits }

    func resolve() async throws -> Found {
        let top: Document
        if let digest = reference.digest {
            top = try await fetchManifest("\(digest)", expected: digest, size: nil)
        } else {
            top = try await fetchManifest(reference.tag ?? "latest", expected: nil, size: nil)
        }
        switch top.contents {
        case .manifest(let manifest):
            try await check(manifest, top.descriptor, isChosen: false)
            return Found(target: top.descriptor, manifest: manifest)
        case .index(let index):
            var budget = limits.documents
            guard let manifest = try await choose(from: index, depth: 1, &budget) else {
                let found = Set(index.platforms.map { String(foreign: $0.description, limit: 40) }).sorted().prefix(20)
                throw PullError(
                    .wrongPlatform,
                    "\(reference) is not there for \(request.platform ?? .host)"
                        + (found.isEmpty ? "" : ", only for \(found.joined(separator: ", "))")
                        + "; choose one with --platform")
            }
            return Found(target: top.descriptor, manifest: manifest)
        }
    }

    /// Takes the image for the platform out of an index.
    private func choose(from index: Index, depth: Int, _ budget: inout Int) async throws -> Manifest? {
        if depth > limits.depth {
            throw PullError(.refused, "\(reference) has indexes nested deeper than \(limits.depth)")
        }
        for candidate in index.candidates(for: request.platform ?? .host) {
            if budget == 0 { throw PullError(.refused, "\(reference) has too many manifests to look through") }
            budget -= 1
            guard (1...Int64(limits.document)).contains(candidate.size) else {
                throw PullError(.refused, "\(reference) has a manifest of \(candidate.size) bytes")
            }
            let document = try await fetchManifest(
                "\(candidate.digest)", expected: candidate.digest, size: candidate.size)
            switch document.contents {
            case .index(let inner):
                if let manifest = try await choose(from: inner, depth: depth + 1, &budget) { return manifest }
            case .manifest(let manifest):
                if candidate.platform != nil {
                    try await check(manifest, document.descriptor, isChosen: true)
                    return manifest
                }
                // Only its configuration says what it is for.
                try await check(manifest, document.descriptor, isChosen: true)
                let configuration = try store.configuration(manifest.config.digest)
                let platform = Platform(
                    os: configuration.os, architecture: configuration.architecture, variant: configuration.variant)
                if (request.platform ?? .host).accepts(platform) { return manifest }
            }
        }
        return nil
    }

    /// Fetches an image's configuration, and refuses what cannot be run.
    ///
    /// - Parameter isChosen: whether an index said that it is for the platform.
    private func check(_ manifest: Manifest, _ descriptor: Descriptor, isChosen: Bool) async throws {
        let what = "\(reference.name)@\(descriptor.digest.short)"
        try manifest.check(limits, what: what)
        try await fetchConfiguration(manifest.config)
        let configuration: ImageConfiguration
        do {
            configuration = try store.configuration(manifest.config.digest)
        } catch StoreError.malformed(_, let reason) {
            throw PullError(.unsupported, "the configuration of \(what): \(String(foreign: reason))")
        }
        guard configuration.rootfs.diffIDs.count == manifest.layers.count else {
            throw PullError(
                .unsupported,
                "\(what) has \(manifest.layers.count) layers, but its configuration \(configuration.rootfs.diffIDs.count)"
            )
        }
        if isChosen { return }
        let platform = Platform(
            os: configuration.os, architecture: configuration.architecture, variant: configuration.variant)
        let shown = String(foreign: platform.description, limit: 40)
        if let wanted = request.platform {
            if !wanted.accepts(platform) {
                throw PullError(.wrongPlatform, "\(reference) is there for \(shown) only, not for \(wanted)")
            }
        } else if !Platform.host.accepts(platform) {
            report(.warning(message: "\(reference) is for \(shown), this host is \(Platform.host)"))
        }
    }

    private func fetchConfiguration(_ descriptor: Descriptor) async throws {
        if store.hasBlob(descriptor) { return }
        let what = "the image's configuration \(descriptor.digest.short)"
        let bytes = try await limits.retrying(report) {
            let response = try await session.send("blobs/\(descriptor.digest)")
            guard response.status == 200 else { throw try await session.transport.failure(response, what: what) }
            return try await session.transport.read(response, limit: limits.document, what: what)
        }
        try verify(bytes, descriptor.digest, size: descriptor.size, what: what)
        try store.addBlob(bytes, expected: descriptor.digest)
    }

    /// Fetches a manifest or an index, and takes it into the store.
    ///
    /// - Parameters:
    ///   - name: a tag or a digest.
    ///   - expected: what its digest must be; nil where a tag is asked for.
    private func fetchManifest(_ name: String, expected: Digest?, size: Int64?) async throws -> Document {
        let what = "the manifest of \(reference.name)\(expected == nil ? ":" : "@")\(name)"
        let (bytes, headers) = try await limits.retrying(report) {
            let response = try await session.send("manifests/\(name)", Self.acceptHeaders)
            guard response.status == 200 else {
                throw try await session.transport.failure(response, what: "image \(reference)")
            }
            let bytes = try await session.transport.read(response, limit: limits.document, what: what)
            return (bytes, response.headers)
        }
        let stated = headers.first(name: "Docker-Content-Digest").flatMap { Digest($0) }
        let digest = expected ?? stated ?? ContentHash.digest(bytes)
        try verify(bytes, digest, size: size, what: what)
        let (contents, type) = try ManifestDocument.read(
            bytes, contentType: headers.first(name: "Content-Type"), what: what)
        try store.addBlob(bytes, expected: digest)
        return Document(
            contents: contents,
            descriptor: Descriptor(mediaType: type, digest: digest, size: Int64(bytes.count)))
    }

    private func verify(_ bytes: [UInt8], _ digest: Digest, size: Int64?, what: String) throws(PullError) {
        if let size, Int64(bytes.count) != size {
            throw PullError(
                .corrupt, "\(session.endpoint.name) gave \(what) with \(bytes.count) bytes instead of \(size)")
        }
        let found = ContentHash.digest(bytes, algorithm: digest.algorithm)
        if found != digest {
            throw PullError(
                .corrupt, "\(session.endpoint.name) gave \(what) with the digest \(found) instead of \(digest)")
        }
    }
}
