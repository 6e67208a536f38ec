import GuestMemory

/// A buffer that the driver made available: ranges for the device to read, then ranges for it to write, all of them
/// checked to lie in guest memory. Where one range ends and the next begins means nothing (virtio 1.2, 2.7.4 "Message
/// Framing"), so both parts are addressed by offsets.
///
/// A queue keeps one and fills it again and again: its arrays keep their room.
public struct DescriptorChain: Sendable {
    /// Consecutive bytes of a chain.
    struct Part {
        var address: GuestAddress
        var length: UInt32
    }

    let memory: GuestMemory
    /// The first entry's index, by which the driver knows the chain.
    public internal(set) var head: UInt16 = 0
    private var readable: [Part] = []
    private var writable: [Part] = []
    /// Bytes for the device to read; at most 2^32 together with the writable ones.
    public private(set) var readableLength: UInt64 = 0
    /// Bytes for the device to write.
    public private(set) var writableLength: UInt64 = 0

    /// Makes an empty chain.
    init(_ memory: GuestMemory) { self.memory = memory }

    /// Forgets what it had.
    mutating func clear(head: UInt16) {
        self.head = head
        readable.removeAll(keepingCapacity: true)
        writable.removeAll(keepingCapacity: true)
        readableLength = 0
        writableLength = 0
    }

    /// Adds a descriptor's range at the end.
    mutating func append(_ address: GuestAddress, length: UInt32, isWritable: Bool) throws(VirtioError) {
        guard memory.contains(address, length: UInt64(length)) else {
            throw .memory(.outside(address, length: UInt64(length)))
        }
        guard readableLength + writableLength + UInt64(length) <= 1 << 32 else { throw .chainTooLarge }
        if isWritable {
            writable.append(Part(address: address, length: length))
            writableLength += UInt64(length)
        } else {
            guard writable.isEmpty else { throw .readableAfterWritable }
            readable.append(Part(address: address, length: length))
            readableLength += UInt64(length)
        }
    }

    /// Calls `body` with the pieces of guest memory that make up a range of one part. The pieces are in guest memory: that
    /// was checked when they were added, and its regions never change.
    private func forEachPiece(
        of parts: [Part], at offset: UInt64, count: UInt64, available: UInt64,
        _ body: (GuestAddress, UInt64) throws(GuestMemoryError) -> Void
    ) throws(VirtioError) {
        guard offset <= available, count <= available - offset else {
            throw .request("\(count) bytes at \(offset) of a buffer of \(available)")
        }
        var skip = offset
        var left = count
        do throws(GuestMemoryError) {
            for part in parts where left > 0 {
                let length = UInt64(part.length)
                if skip >= length {
                    skip -= length
                    continue
                }
                let piece = min(length - skip, left)
                try body(GuestAddress(part.address.value &+ skip), piece)
                left -= piece
                skip = 0
            }
        } catch {
            throw .memory(error)
        }
    }
}

// MARK: - What the device reads

extension DescriptorChain {
    /// Reads an integer, once.
    public func read<Value: GuestInteger>(_ type: Value.Type, at offset: UInt64) throws(VirtioError) -> Value {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        try forEachPiece(
            of: readable, at: offset, count: UInt64(MemoryLayout<Value>.size), available: readableLength
        ) { (address, length) throws(GuestMemoryError) in
            if length == UInt64(MemoryLayout<Value>.size) {
                value = UInt64(try memory.read(Value.self, at: address))
                return
            }
            for index in 0..<length {
                value |= UInt64(try memory.read(UInt8.self, at: GuestAddress(address.value &+ index))) << shift
                shift += 8
            }
        }
        return Value(truncatingIfNeeded: value)
    }

    /// Reads bytes behind those that an array has.
    ///
    /// - Parameter count: bounded by the caller: so much is allocated.
    public func read(to bytes: inout [UInt8], at offset: UInt64, count: UInt64) throws(VirtioError) {
        try forEachPiece(of: readable, at: offset, count: count, available: readableLength) {
            (address, length) throws(GuestMemoryError) in
            bytes.append(contentsOf: try memory.bytes(at: address, count: Int(length)))
        }
    }

    /// Adds a range that the device reads to a list for writev(2).
    public func appendReadable(
        at offset: UInt64, count: UInt64, to vectors: inout GuestVectors
    ) throws(VirtioError) {
        try forEachPiece(of: readable, at: offset, count: count, available: readableLength) {
            (address, length) throws(GuestMemoryError) in
            try vectors.append(address, length: length)
        }
    }
}

// MARK: - What the device writes

extension DescriptorChain {
    /// Writes an integer.
    public func write<Value: GuestInteger>(_ value: Value, at offset: UInt64) throws(VirtioError) {
        var rest = UInt64(value)
        try forEachPiece(
            of: writable, at: offset, count: UInt64(MemoryLayout<Value>.size), available: writableLength
        ) { (address, length) throws(GuestMemoryError) in
            if length == UInt64(MemoryLayout<Value>.size) { return try memory.write(value, at: address) }
            for index in 0..<length {
                try memory.write(UInt8(truncatingIfNeeded: rest), at: GuestAddress(address.value &+ index))
                rest >>= 8
            }
        }
    }

    /// Writes bytes.
    public func write(_ bytes: RawSpan, at offset: UInt64) throws(VirtioError) {
        var written = 0
        try forEachPiece(of: writable, at: offset, count: UInt64(bytes.byteCount), available: writableLength) {
            (address, length) throws(GuestMemoryError) in
            try memory.write(bytes.extracting(written..<written + Int(length)), at: address)
            written += Int(length)
        }
    }

    /// Adds a range that the device writes to a list for readv(2).
    public func appendWritable(
        at offset: UInt64, count: UInt64, to vectors: inout GuestVectors
    ) throws(VirtioError) {
        try forEachPiece(of: writable, at: offset, count: count, available: writableLength) {
            (address, length) throws(GuestMemoryError) in
            try vectors.append(address, length: length)
        }
    }

    /// Calls `body` with each range that the device may write.
    public func forEachWritable(_ body: (GuestAddress, UInt64) -> Void) {
        for part in writable { body(part.address, UInt64(part.length)) }
    }
}
