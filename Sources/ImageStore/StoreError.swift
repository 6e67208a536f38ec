import LinuxSystem
import OCISpec

/// Why the image store could not do what it was asked.
public enum StoreError: Error, CustomStringConvertible, Equatable {
    /// A system call failed.
    case system(SystemError)
    /// The text names no image in either way, as a reference or as an id.
    case invalidReference(ReferenceError)
    /// No image has this name or id.
    case noSuchImage(String)
    /// Several images' ids start so.
    case ambiguousID(String)
    /// The image is there, but not for this platform.
    case wrongPlatform(name: String, wanted: Platform, found: [Platform])
    /// A layer of the image is not unpacked.
    case notUnpacked(image: Digest, layer: Digest)
    /// A blob that the store should hold is not there.
    case missingBlob(Digest)
    /// Bytes do not have the digest that they were announced with.
    case wrongDigest(expected: Digest, found: Digest)
    /// Bytes are more or fewer than announced.
    case wrongSize(Digest, expected: Int64, found: Int64)
    /// A document is larger than any real one; the limit is in bytes.
    case tooLarge(what: String, limit: Int)
    /// A document cannot be understood.
    case malformed(what: String, reason: String)
    /// An image cannot be removed now; the reason says what holds it and what to do.
    case inUse(image: String, reason: String)

    /// The text for people.
    public var description: String {
        switch self {
        case .system(let error): error.description
        case .invalidReference(let error): error.description
        case .noSuchImage(let name): "no such image: \(name)"
        case .ambiguousID(let id): "more than one image has an id that starts with \(id): give more digits"
        case .wrongPlatform(let name, let wanted, let found):
            "image \(name) is not here for \(wanted)"
                + (found.isEmpty ? "" : ", only for \(found.map(\.description).joined(separator: ", "))")
        case .notUnpacked(let image, let layer):
            "layer \(layer.short) of image \(image.short) is not unpacked: run 'hull image unpack \(image.short)'"
        case .missingBlob(let digest): "blob \(digest) is missing from the image store: pull or load the image again"
        case .wrongDigest(let expected, let found): "wrong digest: expected \(expected), but the bytes have \(found)"
        case .wrongSize(let digest, let expected, let found):
            "wrong size of \(digest.description): expected \(expected) bytes, but got \(found)"
        case .tooLarge(let what, let limit): "\(what) is larger than \(limit) bytes"
        case .malformed(let what, let reason): "\(what): \(reason)"
        case .inUse(let image, let reason): "cannot remove image \(image): \(reason)"
        }
    }
}

/// Runs calls of LinuxSystem where the store's own error type is thrown.
@inline(__always)
func storing<Result: ~Copyable>(_ body: () throws(SystemError) -> Result) throws(StoreError) -> Result {
    do throws(SystemError) {
        return try body()
    } catch {
        throw .system(error)
    }
}
