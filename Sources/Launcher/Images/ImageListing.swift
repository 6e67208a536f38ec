import ImageStore
import JSON
import LinuxSystem
import OCISpec

/// One line of `hull images`.
public struct ImageLine: Sendable {
    /// The repository as Docker shows it; `<none>` without a name.
    public let repository: String
    /// The tag; `<none>` without one.
    public let tag: String
    /// The digest of what the name points to.
    public let digest: Digest
    /// The image's id.
    public let id: Digest
    /// When it was made; nil where it does not say.
    public let created: WallClock?
    /// Bytes, unpacked.
    public let size: Int64

    init(_ image: StoredImage, size: Int64) {
        repository = image.reference?.familiarName ?? "<none>"
        tag = image.reference?.tag ?? "<none>"
        digest = image.target.digest
        id = image.id
        created = image.configuration.created.flatMap { WallClock(rfc3339: $0) }
        self.size = size
    }

    /// How long ago it was made.
    public var age: String { created.map { HumanUnits.since($0) } ?? "N/A" }
    /// The size for people.
    public var readableSize: String { HumanUnits.decimal(UInt64(max(0, size))) }

    /// The line as `docker images --format json` gives it.
    public var json: JSONValue {
        [
            "Containers": "N/A", "CreatedAt": .string(created?.rfc3339 ?? "N/A"), "CreatedSince": .string(age),
            "Digest": .string(digest.description), "ID": .string(id.description),
            "Repository": .string(repository), "SharedSize": "N/A", "Size": .string(readableSize),
            "Tag": .string(tag), "UniqueSize": "N/A", "VirtualSize": .string(readableSize),
        ]
    }
}

/// Which images are listed.
public struct ImageFilter: Sendable {
    /// Only images with this repository, or with this name where a tag is given.
    public var name: String?
    /// Only images without a name, or only images with one.
    public var isDangling: Bool?

    /// Takes all.
    public init() {}

    func accepts(_ image: StoredImage) -> Bool {
        if let isDangling, isDangling != (image.reference == nil) { return false }
        guard let name else { return true }
        guard let reference = image.reference else { return false }
        guard let wanted = try? Reference(name) else { return false }
        if wanted.name != reference.name { return false }
        let namesTag = name.split(separator: "/").last?.contains(":") ?? false
        return !namesTag || wanted.tag == reference.tag
    }
}

extension ImageLine {
    /// The images of a store, the newest first.
    public static func list(_ store: ImageStore, _ filter: ImageFilter) throws -> [ImageLine] {
        var lines: [ImageLine] = []
        for image in try store.images() where filter.accepts(image) {
            lines.append(ImageLine(image, size: try store.size(of: image)))
        }
        return lines.sorted { left, right in
            let moments = (left.created?.nanoseconds ?? 0, right.created?.nanoseconds ?? 0)
            if moments.0 != moments.1 { return moments.0 > moments.1 }
            return (left.repository, left.tag) < (right.repository, right.tag)
        }
    }
}
