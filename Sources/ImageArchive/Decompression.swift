import CIsal
import CZstd

/// How bytes are compressed, by how they begin.
public enum Compression: Sendable, Equatable {
    case none, gzip, zstd

    /// Recognises a compression.
    ///
    /// - Throws: where it is one that is not read here.
    static func detect(_ start: [UInt8]) throws(ArchiveError) -> Compression {
        if start.starts(with: [0x1F, 0x8B]) { return .gzip }
        if start.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) { return .zstd }
        // A skippable frame, with which some writers of zstd begin.
        if start.count >= 4, start[0] & 0xF0 == 0x50, start[1] == 0x2A, start[2] == 0x4D, start[3] == 0x18 {
            return .zstd
        }
        if start.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]) {
            throw .unsupported("the archive is compressed by xz, which is not supported: use gzip, zstd or none")
        }
        if start.starts(with: Array("BZh".utf8)) {
            throw .unsupported("the archive is compressed by bzip2, which is not supported: use gzip, zstd or none")
        }
        return .none
    }
}

/// Turns compressed bytes into plain ones, piece by piece.
protocol Decompressor {
    /// Takes from the front of `input` and fills from the start of `output`.
    ///
    /// - Returns: bytes put into `output`.
    func decompress(
        _ input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(ArchiveError) -> Int
    /// Whether the input may end here.
    var isComplete: Bool { get }
}

/// gzip by ISA-L: one member after another, each with its checksum verified.
@safe
final class GzipDecompressor: Decompressor {
    private let state: UnsafeMutablePointer<inflate_state>
    private var isBetweenMembers = true
    private var members = 0
    private var isPadding = false

    init() {
        // The state has 90 KB, so it is on the heap; isal_inflate_init sets every field that is read.
        unsafe state = .allocate(capacity: 1)
        unsafe isal_inflate_init(state)
        unsafe state.pointee.crc_flag = UInt32(ISAL_GZIP)
    }

    deinit { unsafe state.deallocate() }

    var isComplete: Bool { isBetweenMembers && members > 0 }

    func decompress(
        _ input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(ArchiveError) -> Int {
        if isBetweenMembers {
            if members > 0, unsafe input.first == 0 { isPadding = true }
            if isPadding {
                // Zeros after the last member are padding (gzip(1)).
                if unsafe input.contains(where: { $0 != 0 }) {
                    throw .malformed("bytes after the end of the gzip data")
                }
                unsafe input = UnsafeRawBufferPointer(rebasing: input[input.count...])
            }
            if unsafe input.isEmpty { return 0 }
            unsafe isal_inflate_reset(state)
            unsafe state.pointee.crc_flag = UInt32(ISAL_GZIP)
            isBetweenMembers = false
        }
        // ISA-L writes only to next_out and never through next_in; both ranges are valid for this call.
        unsafe state.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        unsafe state.pointee.avail_in = UInt32(clamping: input.count)
        unsafe state.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        unsafe state.pointee.avail_out = UInt32(clamping: output.count)
        let taken = unsafe Int(state.pointee.avail_in)
        let offered = unsafe Int(state.pointee.avail_out)
        let result = unsafe isal_inflate(state)
        guard result == ISAL_DECOMP_OK || result == ISAL_END_INPUT else { throw .malformed(Self.reason(result)) }
        unsafe input = UnsafeRawBufferPointer(rebasing: input[(taken - Int(state.pointee.avail_in))...])
        if unsafe state.pointee.block_state == ISAL_BLOCK_FINISH {
            isBetweenMembers = true
            members += 1
        }
        return unsafe offered - Int(state.pointee.avail_out)
    }

    private static func reason(_ result: CInt) -> String {
        switch result {
        case ISAL_INCORRECT_CHECKSUM: "the gzip data have a wrong checksum"
        case ISAL_INVALID_WRAPPER, ISAL_UNSUPPORTED_METHOD: "the gzip header is invalid"
        default: "the gzip data are invalid"
        }
    }
}

/// zstd, frame after frame.
@safe
final class ZstdDecompressor: Decompressor {
    private let context: OpaquePointer?
    private(set) var isComplete = false

    init() {
        unsafe context = ZSTD_createDCtx()
    }

    deinit { _ = unsafe ZSTD_freeDCtx(context) }

    func decompress(
        _ input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(ArchiveError) -> Int {
        if unsafe input.isEmpty, isComplete { return 0 }
        var inBuffer = unsafe ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var outBuffer = unsafe ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        // Both buffers are valid for the call; zstd keeps within their sizes. A missing context is an error to it.
        let result = unsafe ZSTD_decompressStream(context, &outBuffer, &inBuffer)
        if ZSTD_isError(result) != 0 {
            throw .malformed(
                "the zstd data are invalid: \(unsafe String(cString: ZSTD_getErrorName(result)).lowercased())")
        }
        let consumed = unsafe inBuffer.pos
        let produced = unsafe outBuffer.pos
        unsafe input = UnsafeRawBufferPointer(rebasing: input[consumed...])
        if consumed > 0 || produced > 0 { isComplete = result == 0 }
        return produced
    }
}
