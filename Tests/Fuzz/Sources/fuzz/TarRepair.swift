/// Makes the checksums of a mutated tar archive right, without which hardly a mutation would be read further than to
/// them (tar(5): bytes 148 to 155 of a header; they count as spaces in their own sum).
enum TarRepair {
    static func repaired(_ bytes: [UInt8]) -> [UInt8] {
        // gzip and zstd have their own.
        if bytes.starts(with: [0x1F, 0x8B]) || bytes.starts(with: [0x28, 0xB5]) { return bytes }
        var result = bytes
        var start = 0
        while start + 512 <= result.count {
            if result[start..<start + 512].allSatisfy({ $0 == 0 }) { break }
            for index in start + 148..<start + 156 { result[index] = 0x20 }
            let sum = result[start..<start + 512].reduce(0) { $0 + Int($1) }
            let digits = Array(String(sum, radix: 8).utf8)
            let padded = [UInt8](repeating: 0x30, count: max(0, 6 - digits.count)) + digits
            for (index, digit) in (padded + [0]).enumerated() { result[start + 148 + index] = digit }
            start += 512 + (contentLength(result[start + 124..<start + 136]) + 511) / 512 * 512
        }
        return result
    }

    /// The size field: octal digits. Anything else has no contents as far as the repair goes.
    private static func contentLength(_ field: ArraySlice<UInt8>) -> Int {
        var length = 0
        for byte in field {
            guard (0x30...0x37).contains(byte) else { break }
            length = length << 3 | Int(byte & 7)
        }
        return min(length, 1 << 24)
    }
}
