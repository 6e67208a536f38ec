import Glibc
import ImageStore
import NIOCore
import NIOHTTP1
import OCISpec
import RegistryEvents
import RegistryProtocol

/// Brings one blob into the store, in as many tries as it takes and from any of several servers.
struct BlobFetch {
    let descriptor: Descriptor
    /// Asked in this order; the next where one does not have the blob.
    let sessions: [RegistrySession]
    let store: ImageStore
    let limits: PullLimits
    let report: @Sendable (PullEvent) -> Void

    /// Bytes by which a blob must have grown for a try not to count as failed.
    private static let leastGrowth: Int64 = 64 << 10
    /// How often another process that fetches the same blob is looked after.
    private static let waitForOther = Duration.milliseconds(200)
    private static let reportInterval = Duration.milliseconds(100)

    /// Fetches the blob.
    func run() async throws {
        report(.layer(digest: descriptor.digest, size: descriptor.size, done: 0))
        if let blob = try await open() { try await complete(blob) }
        report(.verified(digest: descriptor.digest, size: descriptor.size))
    }

    /// - Returns: nil where another process has brought the blob meanwhile.
    private func open() async throws -> PartialBlob? {
        while true {
            if let blob = try store.openPartialBlob(descriptor) {
                if !store.hasBlob(descriptor) { return blob }
                try blob.discard()
                return nil
            }
            try await Task.sleep(for: Self.waitForOther)
        }
    }

    private func complete(_ blob: PartialBlob) async throws {
        var rest = sessions[...]
        var failures = 0
        for _ in 0..<limits.blobAttempts {
            guard let session = rest.first else { break }
            let before = blob.count
            do {
                if blob.count < descriptor.size { try await go(on: blob, session) }
                try finish(blob)
                return
            } catch let error as PullError {
                failures = blob.count - before >= Self.leastGrowth ? 1 : failures + 1
                if error.isTransient, failures < limits.attempts {
                    report(.retrying(reason: error.description))
                    try await Task.sleep(for: limits.delay(after: failures, asked: error.delay))
                    continue
                }
                rest = rest.dropFirst()
                failures = 0
                if rest.isEmpty { throw error }
                report(.retrying(reason: "\(error), asking the next"))
            } catch let error as StoreError {
                // Bytes that are wrong are not gone on with.
                try blob.restart()
                rest = rest.dropFirst()
                let failure = wrongBytes(error, session)
                if rest.isEmpty || failure.kind != .corrupt { throw failure }
                report(.retrying(reason: "\(failure), asking the next"))
            }
        }
        throw PullError(.unreachable, "\(descriptor.digest.short) did not come in \(limits.blobAttempts) tries")
    }

    private func finish(_ blob: PartialBlob) throws {
        let wasResumed = blob.isResumed
        do {
            try blob.finish()
        } catch {
            guard case .wrongDigest = error, wasResumed else { throw error }
            throw PullError.transient(.corrupt, "what was here of \(descriptor.digest.short) was damaged")
        }
    }

    private func wrongBytes(_ error: StoreError, _ session: RegistrySession) -> PullError {
        switch error {
        case .wrongDigest, .wrongSize: PullError(.corrupt, "\(session.endpoint.name) gave a blob with a \(error)")
        case .system(let cause) where cause.number == ENOSPC || cause.number == EDQUOT:
            PullError(.noSpace, "no room for \(descriptor.digest.short): \(cause)")
        default: PullError(.failed, error.description)
        }
    }

    /// Fetches what is missing.
    private func go(on blob: PartialBlob, _ session: RegistrySession) async throws {
        var headers: HTTPHeaders = [:]
        if blob.count > 0 { headers.add(name: "Range", value: "bytes=\(blob.count)-") }
        let response = try await session.send("blobs/\(descriptor.digest)", headers)
        let place = response.url.shown
        switch response.status {
        case 200:
            // All of it, asked for or not.
            if blob.count > 0 { try blob.restart() }
        case 206 where blob.count > 0 && Self.rangeStart(response.headers) == blob.count: break
        case 206, 416:
            try blob.restart()
            throw PullError.transient(.server, "\(place) gives other bytes than those that were asked for")
        default: throw try await session.transport.failure(response, what: "layer \(descriptor.digest.short)")
        }
        let missing = descriptor.size - blob.count
        if let text = response.headers.first(name: "Content-Length"), let length = Int64(text), length != missing {
            throw StoreError.wrongSize(
                descriptor.digest, expected: descriptor.size, found: blob.count + max(min(length, .max / 2), 0))
        }
        try await stream(response, into: blob)
        if blob.count < descriptor.size {
            throw PullError.transient(
                .unreachable, "\(place) ended after \(blob.count) of \(descriptor.size) bytes")
        }
    }

    private func stream(_ response: Transport.Response, into blob: PartialBlob) async throws {
        var reported = ContinuousClock.now
        var window = (start: reported, count: blob.count)
        report(.layer(digest: descriptor.digest, size: descriptor.size, done: blob.count))
        do {
            for try await chunk in response.body {
                try unsafe chunk.withUnsafeReadableBytes { try unsafe blob.write($0) }
                let now = ContinuousClock.now
                if now - reported >= Self.reportInterval {
                    report(.layer(digest: descriptor.digest, size: descriptor.size, done: blob.count))
                    reported = now
                }
                if now - window.start >= limits.rateWindow {
                    if blob.count - window.count < limits.leastBytesPerWindow {
                        throw PullError.transient(.unreachable, "\(response.url.shown) is too slow")
                    }
                    window = (now, blob.count)
                }
            }
        } catch let error as PullError {
            throw error
        } catch let error as StoreError {
            throw error
        } catch {
            throw TransportFailure(error).described(response.url)
        }
    }

    /// The first byte's place in a `Content-Range: bytes FIRST-LAST/SIZE`.
    static func rangeStart(_ headers: HTTPHeaders) -> Int64? {
        guard let text = headers.first(name: "Content-Range"), text.hasPrefix("bytes ") else { return nil }
        return Int64(text.dropFirst("bytes ".count).prefix { $0 != "-" })
    }
}
