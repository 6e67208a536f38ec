/// Archives made byte by byte, so that they can be as wrong as a test needs (POSIX ustar and pax, tar(5)).
public struct TarBytes {
    /// What was added so far.
    public private(set) var bytes: [UInt8] = []

    /// An empty archive.
    public init() {}

    /// Adds a header and contents.
    public mutating func add(
        _ name: String, type: Character = "0", _ contents: [UInt8] = [], link: String = "", mode: Int = 0o644,
        uid: Int = 0, gid: Int = 0, time: Int = 1_000_000_000, major: Int = 0, minor: Int = 0, size: Int? = nil
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: [UInt8], at offset: Int, _ length: Int) {
            for (index, byte) in text.prefix(length).enumerated() { header[offset + index] = byte }
        }
        func octal(_ value: Int, _ digits: Int) -> [UInt8] {
            let text = String(value, radix: 8)
            return Array((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8)
        }
        put(Array(name.utf8), at: 0, 100)
        put(octal(mode, 7), at: 100, 8)
        put(octal(uid, 7), at: 108, 8)
        put(octal(gid, 7), at: 116, 8)
        put(octal(size ?? contents.count, 11), at: 124, 12)
        put(octal(time, 11), at: 136, 12)
        put([UInt8](repeating: 0x20, count: 8), at: 148, 8)
        header[156] = type.asciiValue ?? 0x30
        put(Array(link.utf8), at: 157, 100)
        put(Array("ustar\u{0}00".utf8), at: 257, 8)
        put(octal(major, 7), at: 329, 8)
        put(octal(minor, 7), at: 337, 8)
        let sum = header.reduce(0) { $0 + Int($1) }
        put(octal(sum, 6) + [0, 0x20], at: 148, 8)
        bytes += header + contents
        bytes += [UInt8](repeating: 0, count: (512 - contents.count % 512) % 512)
    }

    /// Adds a pax header for the entry that follows.
    public mutating func addPax(_ records: [(String, [UInt8])]) {
        var contents: [UInt8] = []
        for (key, value) in records {
            let rest = Array(" \(key)=".utf8) + value + [0x0A]
            var length = rest.count + 1
            while rest.count + String(length).utf8.count != length { length = rest.count + String(length).utf8.count }
            contents += Array(String(length).utf8) + rest
        }
        add("pax", type: "x", contents)
    }

    /// The archive with its two zero blocks.
    public var finished: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }
}
