import Glibc

/// The name of an entry within a layer: components joined by single slashes, relative, without `.` and `..`. Bytes, not
/// text: names on Linux need not be UTF-8.
struct EntryPath: Hashable {
    /// The bytes without a zero at the end; empty for the layer's own directory.
    let bytes: [UInt8]
    /// Where the last component begins.
    let nameStart: Int

    var isRoot: Bool { bytes.isEmpty }

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
        nameStart = (bytes.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1
    }

    /// Checks and normalises a name from an archive.
    init(_ raw: UnsafePointer<CChar>, limit: Int) throws(ArchiveError) {
        let length = unsafe strlen(raw)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(length, limit) + 1)
        func refused(_ reason: String) -> ArchiveError { .refused(entry: Self.printable(bytes), reason: reason) }
        if length > limit {
            for index in 0..<60 { unsafe bytes.append(UInt8(bitPattern: raw[index])) }
            throw refused("its name is longer than \(limit) bytes")
        }
        if length > 0, unsafe raw[0] == 0x2F {
            unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(start: raw, count: length))
            throw refused("its name is absolute")
        }
        // `raw` has `length` bytes and a zero, so every index up to `length` may be read.
        var start = 0
        for index in 0...length where unsafe index == length || raw[index] == 0x2F {
            let count = index - start
            if count == 2, unsafe raw[start] == 0x2E, unsafe raw[start + 1] == 0x2E {
                bytes = unsafe Array(UnsafeRawBufferPointer(start: raw, count: length))
                throw refused("its name leads out of the layer by '..'")
            }
            if unsafe count > 1 || (count == 1 && raw[start] != 0x2E) {
                if !bytes.isEmpty { bytes.append(0x2F) }
                unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(start: raw + start, count: count))
            }
            start = index + 1
        }
        self.init(bytes)
    }

    /// The directory that it is in; nil for the layer's own.
    var parent: EntryPath? {
        isRoot ? nil : EntryPath(Array(bytes[..<max(nameStart - 1, 0)]))
    }

    /// The last component.
    var name: ArraySlice<UInt8> { bytes[nameStart...] }

    /// Another name in the same directory.
    func sibling(_ name: ArraySlice<UInt8>) -> EntryPath { EntryPath(Array(bytes[..<nameStart]) + Array(name)) }

    /// Whether it is this path or lies below it.
    func isWithin(_ path: EntryPath) -> Bool {
        bytes.starts(with: path.bytes) && (bytes.count == path.bytes.count || bytes[path.bytes.count] == 0x2F)
    }

    /// Whether a directory above it has a name that only whiteouts have.
    var hasWhiteoutParent: Bool {
        var start = 0
        while start < nameStart {
            let end = bytes[start...].firstIndex(of: 0x2F) ?? bytes.count
            if bytes[start..<end].starts(with: Self.whiteoutPrefix) { return true }
            start = end + 1
        }
        return false
    }

    /// Runs a closure on the whole path as C wants it.
    func withPath<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        unsafe Self.withZero(bytes[...], body)
    }

    /// Runs a closure on the last component as C wants it.
    func withName<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        unsafe Self.withZero(name, body)
    }

    private static func withZero<Result>(
        _ bytes: ArraySlice<UInt8>, _ body: (UnsafePointer<CChar>) -> Result
    ) -> Result {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { buffer in
            // The buffer has room for the bytes and the zero; its base address exists because it is not empty.
            for (index, byte) in bytes.enumerated() { unsafe buffer[index] = CChar(bitPattern: byte) }
            unsafe buffer[bytes.count] = 0
            guard let base = unsafe UnsafePointer(buffer.baseAddress) else {
                preconditionFailure("buffer is not empty")
            }
            return unsafe body(base)
        }
    }

    /// The name for people: no control characters, no more than fits a line.
    var description: String { Self.printable(bytes) }

    static func printable(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes.prefix(120), as: UTF8.self)
        let plain = String(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : Character($0) })
        return bytes.count > 120 ? plain + "…" : plain
    }

    static let whiteoutPrefix = Array(".wh.".utf8)
    static let metadataPrefix = Array(".wh..wh.".utf8)
    static let opaqueMarker = Array(".wh..wh..opq".utf8)
}
