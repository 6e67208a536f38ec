import GuestMemory
import LinuxSystem

extension KernelFile {
    /// Reads the segments into guest memory, which is zero so far.
    public func load(_ file: CInt, into memory: GuestMemory) throws(MachineError) {
        for segment in segments {
            guard memory.contains(GuestAddress(segment.address), length: segment.memorySize) else {
                throw .kernel(
                    "\(segment.memorySize) bytes at 0x\(String(segment.address, radix: 16)) are more than the memory has"
                )
            }
            try Self.load(
                file, at: segment.offset, count: segment.fileSize, to: GuestAddress(segment.address), memory, "kernel")
        }
    }

    /// Reads part of a file into guest memory.
    public static func load(
        _ file: CInt, at offset: UInt64, count: UInt64, to address: GuestAddress, _ memory: GuestMemory, _ name: String
    ) throws(MachineError) {
        guard count > 0 else { return }
        var vectors = GuestVectors(memory)
        try MachineError.memory { () throws(GuestMemoryError) in try vectors.append(address, length: count) }
        var done: UInt64 = 0
        while done < count {
            let length = try MachineError.system { () throws(SystemError) in
                try vectors.read(from: file, at: offset + done, name)
            }
            if length == 0 { throw .kernel("the file is cut off: \(name)") }
            vectors.removeFirst(UInt64(length))
            done += UInt64(length)
        }
    }
}
