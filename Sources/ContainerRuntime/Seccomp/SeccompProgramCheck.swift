extension SeccompProgram {
    /// The kernel's limit (BPF_MAXINSNS).
    static let maximumCount = 4096

    /// Whether bytes are a program of the shape that filters have: known instructions, loads within the call's data,
    /// jumps forward and within the program, a return at the end. The kernel checks too; this finds damage before the
    /// workload's start depends on it.
    static func isWellFormed(_ bytes: [UInt8]) -> Bool {
        let count = bytes.count / 8
        guard bytes.count % 8 == 0, (1...maximumCount).contains(count) else { return false }
        return unsafe bytes.withUnsafeBytes { raw in
            // Every index is below count, so every load is within the array.
            for index in 0..<count {
                let word = UInt64(littleEndian: unsafe raw.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
                let code = UInt16(truncatingIfNeeded: word)
                let yes = Int((word >> 16) & 0xFF)
                let no = Int((word >> 24) & 0xFF)
                let value = UInt32(truncatingIfNeeded: word >> 32)
                let left = count - index - 1
                switch code {
                case 0x06: break  // ret
                case 0x20:  // ld: a word of struct seccomp_data (64 bytes)
                    if value > 60 || value % 4 != 0 || left < 1 { return false }
                case 0x54:  // and
                    if left < 1 { return false }
                case 0x05:  // ja
                    if Int(value) >= left { return false }
                case 0x15, 0x25, 0x35, 0x45:  // jeq, jgt, jge, jset
                    if yes >= left || no >= left { return false }
                default: return false
                }
                if left == 0 && code != 0x06 { return false }
            }
            return true
        }
    }
}
