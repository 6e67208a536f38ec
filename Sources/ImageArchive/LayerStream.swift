import Glibc
import ImageStore
import LinuxSystem
import OCISpec

/// An archive that is read, decompressed and hashed on a thread of its own, while another takes its plain bytes.
final class LayerStream {
    /// What is known of the whole when it ended well.
    struct Totals: Sendable {
        var compressedDigest: Digest
        var digest: Digest
        var compressedBytes: Int64
        var bytes: Int64
    }

    let ring = ChunkRing()
    private let producer: LayerProducer
    private let thread: Thread

    /// Starts to read.
    ///
    /// - Parameters:
    ///   - file: the archive, at its beginning; a pipe will do.
    ///   - what: what it is, for messages.
    init(_ file: consuming OwnedDescriptor, what: String, limits: LayerLimits) throws(ArchiveError) {
        let producer = LayerProducer(file, what: what, limits: limits, ring)
        self.producer = producer
        thread = try archiving { () throws(SystemError) in try Thread { producer.run() } }
    }

    deinit {
        ring.stop()
        thread.join()
    }

    /// Reads what the taker has not, to the end, and gives the digests.
    func finish() throws(ArchiveError) -> Totals {
        while try unsafe ring.next() != nil {}
        thread.join()
        guard let totals = producer.totals else { throw .truncated(producer.what) }
        return totals
    }
}

/// The reading side of a `LayerStream`. Only its thread touches it, but for `totals`, which is read after the thread's end.
private final class LayerProducer: @unchecked Sendable {
    let what: String
    private(set) var totals: LayerStream.Totals?
    private let file: OwnedDescriptor
    private let limits: LayerLimits
    private let ring: ChunkRing

    init(_ file: consuming OwnedDescriptor, what: String, limits: LayerLimits, _ ring: ChunkRing) {
        self.file = file
        self.what = what
        self.limits = limits
        self.ring = ring
    }

    func run() {
        do throws(ArchiveError) {
            totals = try produce()
            ring.end(nil)
        } catch {
            ring.end(error)
        }
    }

    private func produce() throws(ArchiveError) -> LayerStream.Totals? {
        let size = 1 << 18
        let raw = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 4096)
        defer { unsafe raw.deallocate() }
        var compressedHash = ContentHash()
        var plainHash = ContentHash()
        var compressedBytes: Int64 = 0
        var bytes: Int64 = 0
        var input = try unsafe fill(raw, &compressedHash, &compressedBytes)
        let decompressor: (any Decompressor)? =
            switch try Compression.detect(unsafe Array(input.prefix(6))) {
            case .none: nil
            case .gzip: GzipDecompressor()
            case .zstd: ZstdDecompressor()
            }
        var atEnd = unsafe input.isEmpty
        while let output = unsafe ring.emptyBuffer() {
            var length = 0
            while length < output.count {
                if unsafe input.isEmpty, !atEnd {
                    unsafe input = try fill(raw, &compressedHash, &compressedBytes)
                    atEnd = unsafe input.isEmpty
                }
                let free = unsafe UnsafeMutableRawBufferPointer(rebasing: output[length...])
                let produced: Int
                let before = input.count
                if let decompressor {
                    produced = try unsafe decompressor.decompress(&input, into: free)
                } else {
                    produced = min(before, free.count)
                    unsafe free.copyMemory(from: UnsafeRawBufferPointer(rebasing: input[..<produced]))
                    unsafe input = UnsafeRawBufferPointer(rebasing: input[produced...])
                }
                length += produced
                if atEnd, produced == 0, input.count == before { break }
            }
            if length == 0 {
                if decompressor?.isComplete == false { throw .truncated(what) }
                return decompressor == nil
                    ? finished(compressedHash.finish(), nil, compressedBytes, bytes)
                    : finished(compressedHash.finish(), plainHash.finish(), compressedBytes, bytes)
            }
            bytes += Int64(length)
            try check(bytes, compressedBytes)
            // Plain bytes have been hashed already, as what was read.
            if decompressor != nil { unsafe plainHash.update(UnsafeRawBufferPointer(rebasing: output[..<length])) }
            ring.publish(length)
        }
        return nil
    }

    private func finished(_ compressed: Digest, _ plain: Digest?, _ compressedBytes: Int64, _ bytes: Int64)
        -> LayerStream.Totals
    {
        LayerStream.Totals(
            compressedDigest: compressed, digest: plain ?? compressed, compressedBytes: compressedBytes, bytes: bytes)
    }

    private func fill(
        _ buffer: UnsafeMutableRawBufferPointer, _ hash: inout ContentHash, _ total: inout Int64
    ) throws(ArchiveError) -> UnsafeRawBufferPointer {
        let count = try archiving { () throws(SystemError) in
            try systemCall("read", what) { unsafe read(file.number, buffer.baseAddress, buffer.count) }
        }
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<count])
        unsafe hash.update(bytes)
        total += Int64(count)
        return unsafe bytes
    }

    private func check(_ bytes: Int64, _ compressed: Int64) throws(ArchiveError) {
        if bytes > limits.bytes {
            throw .limit("\(what) expands without bound: more than \(limits.bytes) bytes")
        }
        if bytes > limits.ratioFreeBytes, bytes / max(compressed, 1) > limits.ratio {
            throw .limit(
                "\(what) expands without bound: \(bytes) bytes from \(compressed), more than \(limits.ratio) times")
        }
    }
}
