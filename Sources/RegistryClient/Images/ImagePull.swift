import ImageStore
import NIOHTTP1
import OCISpec
import RegistryEvents
import RegistryProtocol

/// Brings one image into the store.
public struct ImagePull: Sendable {
    /// What is asked for.
    public struct Request: Sendable {
        /// The image's name.
        public var reference: Reference
        /// What it must be for; nil takes the host's platform out of an index, and any single image.
        public var platform: Platform?
        /// Servers that are asked before the registry, as the configuration names them.
        public var mirrors: [String]

        /// Makes a request.
        public init(_ reference: Reference, platform: Platform? = nil, mirrors: [String] = []) {
            self.reference = reference
            self.platform = platform
            self.mirrors = mirrors
        }
    }

    private let request: Request
    private let store: ImageStore
    private let transport: Transport
    private let logins: CredentialFile
    private let report: @Sendable (PullEvent) -> Void

    /// Makes a pull.
    ///
    /// - Parameter report: is told what happens, from several threads.
    public init(
        _ request: Request, into store: ImageStore, over transport: Transport, logins: CredentialFile,
        report: @escaping @Sendable (PullEvent) -> Void
    ) {
        self.request = request
        self.store = store
        self.transport = transport
        self.logins = logins
        self.report = report
    }

    private var reference: Reference { request.reference }
    private var limits: PullLimits { transport.limits }

    /// Pulls the image.
    public func run() async throws -> PulledImage {
        report(.resolving(reference: reference.description))
        let hold = try store.hold()
        let sessions = try makeSessions()
        let stored = try storedImage()
        if let stored, try await isCurrent(stored, sessions) {
            return upToDate(stored)
        }
        var failure = PullError(.failed, "no server to ask for \(reference)")
        for (index, session) in sessions.enumerated() {
            do {
                let found = try await ImageResolution(session, request, store, report).resolve()
                // A blob that this server lacks is asked for at those after it.
                try await fetchLayers(of: found.manifest, Array(sessions[index...]))
                let image = try keep(found)
                _ = consume hold
                return PulledImage(
                    reference: reference.description, target: found.target, manifest: image.manifestDescriptor,
                    isUpToDate: stored?.target.digest == found.target.digest)
            } catch let error as PullError {
                failure = error
                if session.endpoint.isMirror {
                    report(.warning(message: "the mirror \(session.endpoint.name) did not help: \(error)"))
                }
            }
        }
        throw failure
    }

    private func makeSessions() throws(PullError) -> [RegistrySession] {
        var endpoints: [Endpoint] = []
        for mirror in request.mirrors { endpoints.append(try Endpoint(mirror: mirror, trust: transport.trust)) }
        endpoints.append(Endpoint(registry: reference.registry, trust: transport.trust))
        return endpoints.map {
            RegistrySession($0, repository: reference.repository, transport, logins, report: report)
        }
    }

    /// The image that the name stands for now, if all of it is there.
    private func storedImage() throws(StoreError) -> StoredImage? {
        do throws(StoreError) {
            let image = try store.resolve(reference.description, platform: request.platform)
            return image.manifest.layers.allSatisfy(store.hasBlob) ? image : nil
        } catch {
            switch error {
            case .noSuchImage, .wrongPlatform, .missingBlob: return nil
            default: throw error
            }
        }
    }

    /// Whether the registry's name still points to what we have. A digest always does; a tag is looked up without fetching
    /// anything, which registries that count pulls do not count.
    private func isCurrent(_ stored: StoredImage, _ sessions: [RegistrySession]) async throws -> Bool {
        if reference.digest != nil { return true }
        guard let session = sessions.first, let tag = reference.tag else { return false }
        do {
            let digest = try await limits.retrying(report) {
                let response = try await session.send(
                    "manifests/\(tag)", ImageResolution.acceptHeaders, method: .HEAD)
                guard response.status == 200 else { return Digest?.none }
                return response.headers.first(name: "Docker-Content-Digest").flatMap { Digest($0) }
            }
            return digest == stored.target.digest
        } catch is PullError {
            // What keeps the server from answering is found again, and told, when the manifest is asked for.
            return false
        }
    }

    private func upToDate(_ stored: StoredImage) -> PulledImage {
        for layer in stored.manifest.layers { report(.exists(digest: layer.digest, size: layer.size)) }
        return PulledImage(
            reference: reference.description, target: stored.target, manifest: stored.manifestDescriptor,
            isUpToDate: true)
    }

    private func fetchLayers(of manifest: Manifest, _ sessions: [RegistrySession]) async throws {
        var missing: [Descriptor] = []
        var seen: Set<Digest> = []
        for layer in manifest.layers where seen.insert(layer.digest).inserted {
            if store.hasBlob(layer) {
                report(.exists(digest: layer.digest, size: layer.size))
            } else {
                missing.append(layer)
            }
        }
        let needed = missing.reduce(0) { $0 + $1.size }
        let available = try store.availableSpace()
        guard needed <= available else {
            throw PullError(
                .noSpace, "\(reference) needs \(needed) bytes, but only \(available) are free in \(store.root)")
        }
        // All are announced at once, so that the order of the bars is the image's.
        for layer in missing { report(.layer(digest: layer.digest, size: layer.size, done: 0)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            var waiting = missing[...]
            func begin() {
                guard let layer = waiting.popFirst() else { return }
                let fetch = BlobFetch(
                    descriptor: layer, sessions: sessions, store: store, limits: limits, report: report)
                group.addTask { try await fetch.run() }
            }
            for _ in 0..<limits.parallel { begin() }
            while try await group.next() != nil { begin() }
        }
    }

    /// Gives the image its name. It is read once more as whoever runs it will, so that a broken one never has a name.
    private func keep(_ found: ImageResolution.Found) throws -> StoredImage {
        let image: StoredImage
        do {
            image = try store.image(target: found.target, platform: request.platform)
        } catch StoreError.malformed(let what, let reason) {
            throw PullError(.unsupported, "\(reference): \(what): \(String(foreign: reason))")
        }
        try store.setReference(reference, to: found.target)
        return image
    }
}
