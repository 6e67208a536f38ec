import CLinux
import Glibc
import ImageStore
import LinuxSystem
import OCISpec

/// What is known of a layer that was unpacked.
public struct UnpackedLayer: Sendable, Equatable {
    /// The digest of the archive as it was, compressed or not.
    public var compressedDigest: Digest
    /// The digest of the uncompressed archive.
    public var diffID: Digest
    /// Bytes of the archive as it was.
    public var compressedBytes: Int64
    /// What the store keeps of it.
    public var record: LayerRecord
}

/// Unpacks the archive of one layer, from a file or a pipe, into an empty directory, and computes its digests.
///
/// The directory is left as it is on an error: whoever made it removes it.
public func unpackLayer(
    _ file: consuming OwnedDescriptor, what: String, into directory: String, _ options: UnpackOptions
) throws(ArchiveError) -> UnpackedLayer {
    let stream = try LayerStream(file, what: what, limits: options.limits)
    let unpacker = try LayerUnpacker(stream, into: directory, options)
    try unpacker.run()
    let totals = try stream.finish()
    return UnpackedLayer(
        compressedDigest: totals.compressedDigest, diffID: totals.digest, compressedBytes: totals.compressedBytes,
        record: LayerRecord(size: unpacker.size, entries: unpacker.entries))
}

/// Unpacks a tar archive, compressed or not, into a directory that may have something in it already. No entry leads out of
/// the directory, and none takes the place of a directory.
///
/// - Parameter squashOwners: whether owners that cannot be given become our own.
public func extractArchive(
    _ file: consuming OwnedDescriptor, into directory: borrowing OwnedDescriptor, squashOwners: Bool
) throws(ArchiveError) {
    var options = UnpackOptions()
    options.isLayer = false
    options.squashOwners = squashOwners
    // The point at the end: the link of the descriptor itself may not be followed where no link may be.
    _ = try unpackLayer(
        file, what: "the archive", into: "/proc/self/fd/\(directory.number)/.", options)
}

/// Unpacks a layer that is in memory: for tests, and for a fuzzer with hostile bytes.
public func unpackLayer(
    _ bytes: [UInt8], into directory: String, _ options: UnpackOptions = UnpackOptions()
) throws(ArchiveError) -> UnpackedLayer {
    let file = try archiving { () throws(SystemError) in
        let file = OwnedDescriptor(
            owning: try systemCall("memfd_create", "layer") { unsafe linux_memfd_create("layer", 1) })
        var offset = 0
        while offset < bytes.count {
            offset += try systemCall("write", "layer") {
                unsafe bytes.withUnsafeBytes {
                    unsafe write(file.number, $0.baseAddress?.advanced(by: offset), $0.count - offset)
                }
            }
        }
        try systemCall("lseek", "layer") { lseek(file.number, 0, SEEK_SET) }
        return file
    }
    return try unpackLayer(file, what: "the layer", into: directory, options)
}
