import CGuestMonitor
import GuestMemory
import MachineMonitor

/// The guest kernel's virtual memory, as its page tables show it at this moment. For the arguments of hypercalls and the
/// frames of exceptions: a few bytes each time. Every number comes from the guest; a walk has four steps.
struct KernelMemory {
    let memory: GuestMemory
    /// The physical address of the top-level table; the guest's to choose.
    let root: UInt64

    /// The physical address behind a virtual one.
    func translate(_ address: UInt64) throws(HypercallError) -> UInt64 {
        var table = root & PageBits.frame
        for level in stride(from: 3, through: 0, by: -1) {
            let shift = UInt64(12 + 9 * level)
            let entry = try Self.checked { () throws(GuestMemoryError) in
                try memory.read(UInt64.self, at: GuestAddress(table + (address >> shift & 511) << 3))
            }
            guard entry & PageBits.present != 0 else { throw .fault }
            if level == 0 || (level < 3 && entry & PageBits.large != 0) {
                let mask = (UInt64(1) << shift) - 1
                return entry & PageBits.frame & ~mask | address & mask
            }
            table = entry & PageBits.frame
        }
        throw .fault
    }

    /// Reads bytes; a count of ours, never the guest's unchecked.
    func read(_ address: UInt64, count: Int) throws(HypercallError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            let at = address &+ UInt64(bytes.count)
            let length = min(count - bytes.count, Int(4096 - at & 4095))
            let physical = try translate(at)
            bytes += try Self.checked { () throws(GuestMemoryError) in
                try memory.bytes(at: GuestAddress(physical), count: length)
            }
        }
        return bytes
    }

    /// Writes bytes.
    func write(_ bytes: [UInt8], at address: UInt64) throws(HypercallError) {
        var done = 0
        while done < bytes.count {
            let at = address &+ UInt64(done)
            let length = min(bytes.count - done, Int(4096 - at & 4095))
            let physical = try translate(at)
            try Self.checked { () throws(GuestMemoryError) in
                try memory.write(Array(bytes[done..<(done + length)]), at: GuestAddress(physical))
            }
            done += length
        }
    }

    /// Reads an integer.
    func read<Value: FixedWidthInteger>(_ type: Value.Type, at address: UInt64) throws(HypercallError) -> Value {
        try read(address, count: MemoryLayout<Value>.size).get(type, at: 0)
    }

    /// Writes an integer.
    func write<Value: FixedWidthInteger>(_ value: Value, at address: UInt64) throws(HypercallError) {
        var bytes = [UInt8](repeating: 0, count: MemoryLayout<Value>.size)
        bytes.put(value, at: 0)
        try write(bytes, at: address)
    }

    private static func checked<Value>(
        _ body: () throws(GuestMemoryError) -> Value
    ) throws(HypercallError) -> Value {
        do throws(GuestMemoryError) { return try body() } catch { throw .fault }
    }
}
