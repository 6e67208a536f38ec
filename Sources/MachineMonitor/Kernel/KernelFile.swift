import Glibc
import LinuxSystem

/// An ELF `vmlinux`: where its parts go, and the notes that tell how it can be started. The file is a user's: every number
/// in it is checked. It is read by descriptor, part by part, so that one that shrinks meanwhile is an error and no fault.
public struct KernelFile: Sendable {
    /// A part that is loaded (PT_LOAD).
    public struct Segment: Equatable, Sendable {
        /// Where in the file; `fileSize` bytes.
        public let offset: UInt64
        /// Where it goes in physical memory.
        public let address: UInt64
        /// Bytes in the file.
        public let fileSize: UInt64
        /// Bytes in memory; those past `fileSize` are zero.
        public let memorySize: UInt64
    }

    /// A note (PT_NOTE).
    public struct Note: Equatable, Sendable {
        /// Who defines the kinds.
        public let name: String
        /// The kind, by its definer's numbers.
        public let kind: UInt32
        /// The note's bytes.
        public let content: [UInt8]

        /// Makes a note of its parts.
        public init(name: String, kind: UInt32, content: [UInt8]) {
            self.name = name
            self.kind = kind
            self.content = content
        }
    }

    /// The segments by rising address; no two overlap.
    public let segments: [Segment]
    /// All notes, in the file's order.
    public let notes: [Note]
    /// Where the kernel starts by the ELF header.
    public let entry: UInt64

    /// What a kernel of ours has by far: more is no kernel.
    private static let maximumHeaders: UInt16 = 64
    private static let maximumNoteBytes: UInt64 = 64 << 10

    /// Reads the headers.
    public init(_ file: CInt) throws(MachineError) {
        let header = try Self.read(file, at: 0, count: 64)
        // ELF64, little-endian, for x86-64 (elf.h).
        guard header[0..<6] == [0x7f, 0x45, 0x4c, 0x46, 2, 1] else {
            throw .kernel("not a 64-bit ELF file; a bzImage has to be unpacked to its vmlinux")
        }
        guard header.get(UInt16.self, at: 18) == 62 else { throw .kernel("not for x86-64") }
        entry = header.get(UInt64.self, at: 24)
        let start = header.get(UInt64.self, at: 32)
        let size = header.get(UInt16.self, at: 54)
        let count = header.get(UInt16.self, at: 56)
        guard size == 56, count > 0, count <= Self.maximumHeaders else {
            throw .kernel("\(count) program headers of \(size) bytes")
        }
        let table = try Self.read(file, at: start, count: 56 * Int(count))
        var segments: [Segment] = []
        var notes: [Note] = []
        for index in 0..<Int(count) {
            let place = 56 * index
            let segment = Segment(
                offset: table.get(UInt64.self, at: place + 8), address: table.get(UInt64.self, at: place + 24),
                fileSize: table.get(UInt64.self, at: place + 32), memorySize: table.get(UInt64.self, at: place + 40))
            switch table.get(UInt32.self, at: place) {
            case 1 where segment.memorySize > 0: segments.append(segment)
            case 4: notes += try Self.notes(file, segment)
            default: break
            }
        }
        self.segments = try Self.checked(segments)
        self.notes = notes
    }

    /// The end of the highest segment in memory.
    public var end: UInt64 { segments.reduce(0) { max($0, $1.address + $1.memorySize) } }

    private static func checked(_ segments: [Segment]) throws(MachineError) -> [Segment] {
        let sorted = segments.sorted { $0.address < $1.address }
        var end: UInt64 = 0
        for segment in sorted {
            let (sum, overflow) = segment.address.addingReportingOverflow(segment.memorySize)
            guard !overflow, segment.address >= end, segment.fileSize <= segment.memorySize else {
                throw .kernel("its parts overlap or are longer in the file than in memory")
            }
            end = sum
        }
        guard end > 0 else { throw .kernel("nothing in it is to be loaded") }
        return sorted
    }

    private static func notes(_ file: CInt, _ segment: Segment) throws(MachineError) -> [Note] {
        guard segment.fileSize <= maximumNoteBytes else { throw .kernel("\(segment.fileSize) bytes of notes") }
        let bytes = try read(file, at: segment.offset, count: Int(segment.fileSize))
        var notes: [Note] = []
        var place = 0
        // Each turn takes twelve bytes at least.
        while place + 12 <= bytes.count {
            let nameSize = Int(bytes.get(UInt32.self, at: place))
            let contentSize = Int(bytes.get(UInt32.self, at: place + 4))
            let kind = bytes.get(UInt32.self, at: place + 8)
            let content = place + 12 + (nameSize + 3) & ~3
            guard content + contentSize <= bytes.count else { throw .kernel("a note is cut off") }
            let name = bytes[(place + 12)..<(place + 12 + nameSize)].prefix { $0 != 0 }
            notes.append(
                Note(
                    name: String(decoding: name, as: UTF8.self), kind: kind,
                    content: Array(bytes[content..<(content + contentSize)])))
            place = content + (contentSize + 3) & ~3
        }
        return notes
    }

    private static func read(_ file: CInt, at offset: UInt64, count: Int) throws(MachineError) -> [UInt8] {
        guard offset <= UInt64(Int64.max) else { throw .kernel("a part lies at \(offset)") }
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            // `count` bytes, of which `done` are there.
            let length = try MachineError.system { () throws(SystemError) in
                try systemCall("pread", "kernel") {
                    unsafe bytes.withUnsafeMutableBytes {
                        unsafe pread(file, $0.baseAddress.map { unsafe $0 + done }, count - done, off_t(offset) + done)
                    }
                }
            }
            if length == 0 { throw .kernel("the file is cut off") }
            done += length
        }
        return bytes
    }
}
