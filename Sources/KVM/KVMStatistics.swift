import CKVM
import CLinux
import Glibc
import LinuxSystem

/// The kernel's own counters of a machine or a processor (KVM_GET_STATS_FD), by name, such as `exits`.
public struct KVMStatistics: Sendable {
    /// Counters that are single numbers.
    public let counters: [String: UInt64]

    init(of target: CInt, _ object: String) throws(SystemError) {
        let file = OwnedDescriptor(
            owning: try systemCall("KVM_GET_STATS_FD", object) {
                linux_ioctl_int(target, UInt(CKVM_GET_STATS_FD), 0)
            })
        let header = try Self.read(file.number, at: 0, count: MemoryLayout<kvm_stats_header>.size, object)
        let nameSize = Int(Self.integer(header, at: 4, UInt32.self))
        // More counters than any kernel has would only cost memory.
        let count = min(Int(Self.integer(header, at: 8, UInt32.self)), 1024)
        let descriptions = Int(Self.integer(header, at: 16, UInt32.self))
        let data = Int(Self.integer(header, at: 20, UInt32.self))
        let stride = MemoryLayout<kvm_stats_desc>.size + nameSize
        guard nameSize <= 256 else { throw SystemError("KVM_GET_STATS_FD", object, number: EPROTO) }
        let table = try Self.read(file.number, at: descriptions, count: stride * count, object)
        var counters: [String: UInt64] = [:]
        for place in 0..<count {
            let start = place * stride
            // struct kvm_stats_desc: flags, exponent, size, offset, bucket_size, name.
            guard Self.integer(table, at: start + 6, UInt16.self) == 1 else { continue }
            let offset = Int(Self.integer(table, at: start + 8, UInt32.self))
            let value = try Self.read(file.number, at: data + offset, count: 8, object)
            let name = table[(start + 16)..<(start + stride)].prefix { $0 != 0 }
            counters[String(decoding: name, as: UTF8.self)] = Self.integer(value, at: 0, UInt64.self)
        }
        self.counters = counters
    }

    private static func read(
        _ file: CInt, at offset: Int, count: Int, _ object: String
    ) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        // The array has as many bytes as are asked for.
        let length = try systemCall("pread", "\(object)'s statistics") {
            unsafe pread(file, &bytes, count, off_t(offset))
        }
        if length < count { throw SystemError("pread", "\(object)'s statistics", number: EPROTO) }
        return bytes
    }

    private static func integer<Value: FixedWidthInteger>(_ bytes: [UInt8], at place: Int, _: Value.Type) -> Value {
        (0..<MemoryLayout<Value>.size).reduce(0) { $0 | Value(truncatingIfNeeded: bytes[place + $1]) << Value(8 * $1) }
    }
}
