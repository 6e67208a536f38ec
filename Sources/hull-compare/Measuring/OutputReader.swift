import Comparison
import ImageStore
import LinuxSystem

/// Takes what a side writes: its digest, its start, and when its first byte came.
struct OutputReader: ~Copyable {
    private var source: PipeSource
    private var hash = ContentHash()
    private var start: [UInt8] = []
    private var count = 0
    /// When its first byte came, by CLOCK_MONOTONIC.
    private(set) var firstByte: Int64?

    init(_ pipe: consuming OwnedDescriptor) throws(SystemError) {
        source = try PipeSource(pipe)
    }

    /// What to wait for; -1 when all has been read.
    var descriptor: CInt { source.descriptor }

    /// Reads what is there.
    mutating func read(_ buffer: inout [UInt8]) {
        while let length = source.next(&buffer) {
            if firstByte == nil { firstByte = monotonicNow() }
            count += length
            unsafe buffer.withUnsafeBytes { unsafe hash.update(UnsafeRawBufferPointer(rebasing: $0[..<length])) }
            if start.count < Self.kept { start += buffer[..<min(length, Self.kept - start.count)] }
        }
    }

    /// What was read in all, without the line in which a workload reports its time.
    mutating func finishReported() -> (time: Double?, output: Run.Output) {
        let (time, rest) = ReportedTime.take(from: String(decoding: start, as: UTF8.self))
        guard time != nil, count == start.count else { return (nil, finish()) }
        let bytes = Array(rest.utf8)
        if bytes.isEmpty { return (time, Run.Output()) }
        return (
            time,
            Run.Output(
                bytes: bytes.count, digest: ContentHash.digest(bytes).description,
                start: String(rest.prefix(Run.Output.startLimit)))
        )
    }

    /// What was read in all.
    mutating func finish() -> Run.Output {
        guard count > 0 else { return Run.Output() }
        return Run.Output(
            bytes: count, digest: hash.finish().description,
            start: String(decoding: start.prefix(Run.Output.startLimit), as: UTF8.self))
    }

    /// Bytes that are kept of a stream: enough for the lines of a workload that reports.
    private static let kept = 1 << 16
}
