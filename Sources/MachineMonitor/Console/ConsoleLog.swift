import Glibc
import LinuxSystem
import Synchronization

/// What the guest's kernel prints: passed on to a descriptor, and its last lines kept for the message about its end.
public final class ConsoleLog: Sendable {
    private let output: CInt
    private let kept = Mutex<[UInt8]>([])
    /// Bytes that are kept.
    static let limit = 4096

    /// Passes on to a descriptor that stays open meanwhile; -1: only keeps.
    public init(_ output: CInt) { self.output = output }

    /// Takes bytes of the guest's. A descriptor that takes no more only loses them: the guest never waits for it.
    public func write(_ bytes: [UInt8]) {
        kept.withLock {
            $0 += bytes
            if $0.count > 2 * Self.limit { $0.removeFirst($0.count - Self.limit) }
        }
        guard output >= 0 else { return }
        var rest = bytes[...]
        while !rest.isEmpty {
            // The slice has as many bytes as are named.
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(output, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return }
            rest = rest.dropFirst(count)
        }
    }

    /// The bytes that are kept, for a copy.
    public var saved: [UInt8] { kept.withLock { Array($0.suffix(Self.limit)) } }

    /// Begins with what another has kept.
    public func restore(_ bytes: [UInt8]) { kept.withLock { $0 = bytes } }

    /// The last lines, control characters left out.
    public func lastLines(_ count: Int) -> [String] { printableLines(saved, last: count) }

    /// What a kernel says first when it panics (kernel/panic.c).
    private static let panicMark = "Kernel panic - not syncing: "

    /// The reason of a panic; nil where no line tells of one.
    public var panic: String? {
        for line in lastLines(.max) {
            guard let mark = Self.range(of: Self.panicMark, in: line) else { continue }
            return String(line[mark.upperBound...])
        }
        return nil
    }

    private static func range(of mark: String, in line: String) -> Range<String.Index>? {
        var start = line.startIndex
        while start < line.endIndex {
            if line[start...].hasPrefix(mark) { return start..<line.index(start, offsetBy: mark.count) }
            line.formIndex(after: &start)
        }
        return nil
    }
}
