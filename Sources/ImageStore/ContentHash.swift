import CNettle
import Glibc
import LinuxSystem
import OCISpec

/// The hash of bytes that pass by, in pieces of any size.
public struct ContentHash {
    private enum State {
        case sha256(sha256_ctx)
        case sha512(sha512_ctx)
    }

    private var state: State

    /// Begins a hash: sha512 where the algorithm is `sha512`, else sha256.
    public init(algorithm: String = "sha256") {
        if algorithm == "sha512" {
            var context = sha512_ctx()
            unsafe nettle_sha512_init(&context)
            state = .sha512(context)
        } else {
            var context = sha256_ctx()
            unsafe nettle_sha256_init(&context)
            state = .sha256(context)
        }
    }

    /// Takes further bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        // The buffer is valid for the call, and nettle reads exactly `count` bytes of it.
        guard let base = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        switch state {
        case .sha256(var context):
            unsafe nettle_sha256_update(&context, bytes.count, base)
            state = .sha256(context)
        case .sha512(var context):
            unsafe nettle_sha512_update(&context, bytes.count, base)
            state = .sha512(context)
        }
    }

    /// Takes a file's bytes from where it stands to its end.
    ///
    /// - Parameters:
    ///   - limit: where there are more bytes than this, not all are taken.
    ///   - name: the file's, for errors.
    /// - Returns: how many bytes were read; more than `limit` where it was passed.
    /// - Throws: where a read fails.
    public mutating func update(
        reading file: borrowing OwnedDescriptor, _ name: String, limit: Int64 = .max
    ) throws(SystemError) -> Int64 {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var total: Int64 = 0
        while total <= limit {
            // The buffer is as long as the count says.
            let count = try systemCall("read", name) { unsafe read(file.number, &buffer, buffer.count) }
            if count == 0 { break }
            total += Int64(count)
            // As many bytes as were read.
            unsafe buffer.withUnsafeBytes { unsafe update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
        return total
    }

    /// The digest of all bytes taken so far; afterwards the hash begins anew.
    public mutating func finish() -> Digest {
        switch state {
        case .sha256(var context):
            var bytes = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_SIZE))
            unsafe nettle_sha256_digest(&context, bytes.count, &bytes)
            state = .sha256(context)
            return Digest(sha256: bytes)
        case .sha512(var context):
            var bytes = [UInt8](repeating: 0, count: Int(SHA512_DIGEST_SIZE))
            unsafe nettle_sha512_digest(&context, bytes.count, &bytes)
            state = .sha512(context)
            return Digest(sha512: bytes)
        }
    }

    /// The digest of bytes in memory.
    public static func digest(_ bytes: [UInt8], algorithm: String = "sha256") -> Digest {
        var hash = ContentHash(algorithm: algorithm)
        unsafe bytes.withUnsafeBytes { unsafe hash.update($0) }
        return hash.finish()
    }
}
