import JSON
import OCISpec

/// What `hull-registry` tells its caller while it pulls: one JSON object a line, `{"event":"layer",…}`.
///
/// Both sides are built from this one type, so a line that cannot be understood is a fault, not another version.
public enum PullEvent: Sendable, Equatable {
    /// The registry is being asked for the image.
    case resolving(reference: String)
    /// A layer (or another blob) is on its way: so many of its bytes are here. Also sent once before the first byte.
    case layer(digest: Digest, size: Int64, done: Int64)
    /// The blob was in the store already.
    case exists(digest: Digest, size: Int64)
    /// The blob is in the store, and its bytes have the digest.
    case verified(digest: Digest, size: Int64)
    /// A request failed and will be repeated.
    case retrying(reason: String)
    /// Something that the user should know, and that is no error.
    case warning(message: String)
    /// The image is in the store under its name.
    case done(PulledImage)
    /// The pull failed.
    case failed(kind: String, message: String)
}

/// What a pull brought.
public struct PulledImage: Codable, Sendable, Equatable {
    /// The whole name under which the image is in the store.
    public var reference: String
    /// What the name points to: the image's manifest, or the index that names it.
    public var target: Descriptor
    /// The manifest of the platform that was asked for.
    public var manifest: Descriptor
    /// Whether the name pointed to the same before, and nothing was missing.
    public var isUpToDate: Bool

    /// Makes a result.
    public init(reference: String, target: Descriptor, manifest: Descriptor, isUpToDate: Bool) {
        self.reference = reference
        self.target = target
        self.manifest = manifest
        self.isUpToDate = isUpToDate
    }
}

extension PullEvent: Codable {
    private enum CodingKeys: String, CodingKey {
        case event, reference, digest, size, done, message, kind, image
    }

    private enum Name: String, Codable {
        case resolving, layer, exists, verified, retrying, warning, done, failed
    }

    /// Decodes one event.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func text(_ key: CodingKeys) throws -> String { try values.decode(String.self, forKey: key) }
        func digest() throws -> Digest { try values.decode(Digest.self, forKey: .digest) }
        func size() throws -> Int64 { try values.decode(Int64.self, forKey: .size) }
        switch try values.decode(Name.self, forKey: .event) {
        case .resolving: self = .resolving(reference: try text(.reference))
        case .layer:
            let done = try values.decode(Int64.self, forKey: .done)
            self = .layer(digest: try digest(), size: try size(), done: done)
        case .exists: self = .exists(digest: try digest(), size: try size())
        case .verified: self = .verified(digest: try digest(), size: try size())
        case .retrying: self = .retrying(reason: try text(.message))
        case .warning: self = .warning(message: try text(.message))
        case .done: self = .done(try values.decode(PulledImage.self, forKey: .image))
        case .failed: self = .failed(kind: try text(.kind), message: try text(.message))
        }
    }

    /// Encodes one event.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        func blob(_ name: Name, _ digest: Digest, _ size: Int64) throws {
            try values.encode(name, forKey: .event)
            try values.encode(digest, forKey: .digest)
            try values.encode(size, forKey: .size)
        }
        func note(_ name: Name, _ message: String) throws {
            try values.encode(name, forKey: .event)
            try values.encode(message, forKey: .message)
        }
        switch self {
        case .resolving(let reference):
            try values.encode(Name.resolving, forKey: .event)
            try values.encode(reference, forKey: .reference)
        case .layer(let digest, let size, let done):
            try blob(.layer, digest, size)
            try values.encode(done, forKey: .done)
        case .exists(let digest, let size): try blob(.exists, digest, size)
        case .verified(let digest, let size): try blob(.verified, digest, size)
        case .retrying(let reason): try note(.retrying, reason)
        case .warning(let message): try note(.warning, message)
        case .done(let image):
            try values.encode(Name.done, forKey: .event)
            try values.encode(image, forKey: .image)
        case .failed(let kind, let message):
            try note(.failed, message)
            try values.encode(kind, forKey: .kind)
        }
    }

    /// The event as one line, with its end.
    public func line() throws -> [UInt8] {
        try JSONValue.encode(self).bytes(.compact) + [UInt8(ascii: "\n")]
    }

    /// Reads one line.
    public init(line: [UInt8]) throws {
        self = try JSONParser.parse(line).decode(PullEvent.self)
    }
}
