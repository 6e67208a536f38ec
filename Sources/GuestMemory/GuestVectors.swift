import CLinux
import Glibc
import LinuxSystem

/// Ranges of guest memory for one call that scatters or gathers (readv(2), preadv(2) and their relatives). Each range
/// is checked when it is added. The array is reused: `removeAll` keeps its room.
///
/// The guest may change the bytes while the kernel copies them; they only ever go to or come from a descriptor.
@safe public struct GuestVectors: @unchecked Sendable {
    /// Keeps the mappings alive to which `vectors` points.
    private let memory: GuestMemory
    private var vectors = unsafe [iovec]()
    /// All ranges' bytes.
    public private(set) var byteCount: UInt64 = 0

    /// The most ranges of one call (IOV_MAX, `linux/uio.h`).
    public static let maximumCount = 1024

    /// Makes an empty list.
    public init(_ memory: GuestMemory) { self.memory = memory }

    /// How many ranges there are.
    public var count: Int { unsafe vectors.count }

    /// Forgets all ranges.
    public mutating func removeAll() {
        unsafe vectors.removeAll(keepingCapacity: true)
        byteCount = 0
    }

    /// Adds a range.
    public mutating func append(_ address: GuestAddress, length: UInt64) throws(GuestMemoryError) {
        let pointer = try unsafe memory.pointer(address, length)
        let (sum, overflow) = byteCount.addingReportingOverflow(length)
        guard !overflow, sum <= UInt64(Int.max), count < Self.maximumCount else {
            throw .outside(address, length: length)
        }
        byteCount = sum
        if length > 0 { unsafe vectors.append(iovec(iov_base: pointer, iov_len: Int(length))) }
    }

    /// Takes bytes from the front, after a call that did only part.
    public mutating func removeFirst(_ count: UInt64) {
        var rest = Int(min(count, byteCount))
        byteCount -= UInt64(rest)
        var whole = 0
        while rest > 0, unsafe vectors[whole].iov_len <= rest {
            unsafe rest -= vectors[whole].iov_len
            whole += 1
        }
        unsafe vectors.removeFirst(whole)
        if rest > 0 {
            // Less than the first range's length: the pointer stays within it.
            unsafe vectors[0].iov_base += rest
            unsafe vectors[0].iov_len -= rest
        }
    }

    /// Reads from a descriptor's position (readv(2)).
    ///
    /// - Returns: bytes; 0 at the end.
    public func read(from file: CInt, _ object: String) throws(SystemError) -> Int {
        try unsafe call("readv", object) { unsafe Glibc.readv(file, $0, $1) }
    }

    /// Reads from a place in a file (preadv(2)).
    public func read(from file: CInt, at offset: UInt64, _ object: String) throws(SystemError) -> Int {
        try unsafe call("preadv", object) { unsafe Glibc.preadv(file, $0, $1, off_t(truncatingIfNeeded: offset)) }
    }

    /// Writes to a descriptor's position (writev(2)).
    public func write(to file: CInt, _ object: String) throws(SystemError) -> Int {
        try unsafe call("writev", object) { unsafe Glibc.writev(file, $0, $1) }
    }

    /// Writes to a place in a file (pwritev(2)).
    public func write(to file: CInt, at offset: UInt64, _ object: String) throws(SystemError) -> Int {
        try unsafe call("pwritev", object) { unsafe Glibc.pwritev(file, $0, $1, off_t(truncatingIfNeeded: offset)) }
    }

    private func call(
        _ name: String, _ object: String, _ body: (UnsafePointer<iovec>?, CInt) -> Int
    ) throws(SystemError) -> Int {
        // Every entry is a checked range of mappings that `memory` keeps.
        try systemCall(name, object) {
            unsafe vectors.withUnsafeBufferPointer { unsafe body($0.baseAddress, CInt($0.count)) }
        }
    }
}
