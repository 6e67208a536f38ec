import CNettle
import CSeccomp
import Glibc
import OCISpec

/// What a compiled program depends on, as a SHA-256: two filters with the same key are the same program.
struct SeccompKey: Equatable {
    let bytes: [UInt8]

    /// The name of the file in the cache.
    var fileName: String {
        let digits: [UInt8] = Array("0123456789abcdef".utf8)
        var name: [UInt8] = []
        name.reserveCapacity(64)
        for byte in bytes { name += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: name, as: UTF8.self)
    }

    /// The key of the built-in profile: needs neither the profile nor libseccomp's work.
    init(builtinFor capabilities: [String], kernel: KernelVersion) {
        var content = Content("builtin")
        content.append(SeccompProfile.builtinDigest)
        content.append(kernel.description)
        content.append(Set(capabilities).sorted())
        bytes = content.digest
    }

    /// The key of a resolved filter.
    init(_ spec: Spec.Seccomp) {
        var content = Content("spec")
        content.append(spec.defaultAction)
        content.append(spec.defaultErrnoRet.map(UInt64.init))
        content.append(spec.architectures ?? [])
        content.append(spec.flags ?? [])
        content.append(UInt64(spec.syscalls?.count ?? 0))
        for rule in spec.syscalls ?? [] {
            content.append(rule.names)
            content.append(rule.action)
            content.append(rule.errnoRet.map(UInt64.init))
            content.append(UInt64(rule.args?.count ?? 0))
            for argument in rule.args ?? [] {
                content.append(UInt64(argument.index))
                content.append(argument.value)
                content.append(argument.valueTwo)
                content.append(argument.op)
            }
        }
        bytes = content.digest
    }

    /// The bytes that are hashed. Every text has its length before it, so that no two contents read the same.
    private struct Content {
        private var bytes: [UInt8] = []

        init(_ kind: String) {
            bytes.reserveCapacity(2048)
            // The number changes with what the compiler makes of the same filter.
            append("hull seccomp program 1")
            append(kind)
            // libseccomp returns a pointer to a constant.
            if let version = unsafe seccomp_version() {
                append(UInt64(unsafe version.pointee.major))
                append(UInt64(unsafe version.pointee.minor))
                append(UInt64(unsafe version.pointee.micro))
            }
        }

        mutating func append(_ number: UInt64?) {
            bytes.append(number == nil ? 0 : 1)
            let value = number ?? 0
            for shift in stride(from: 0, to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
            }
        }

        mutating func append(_ text: String) {
            append(UInt64(text.utf8.count))
            bytes.append(contentsOf: text.utf8)
        }

        mutating func append(_ texts: [String]) {
            append(UInt64(texts.count))
            for text in texts { append(text) }
        }

        var digest: [UInt8] { SHA256.digest(bytes) }
    }
}

/// SHA-256 of bytes in memory, by nettle.
enum SHA256 {
    static func digest(_ bytes: [UInt8]) -> [UInt8] {
        var context = sha256_ctx()
        var digest = [UInt8](repeating: 0, count: 32)
        // nettle reads the bytes during the call and writes the 32 bytes for which there is room.
        unsafe nettle_sha256_init(&context)
        unsafe nettle_sha256_update(&context, bytes.count, bytes)
        unsafe nettle_sha256_digest(&context, 32, &digest)
        return digest
    }
}
