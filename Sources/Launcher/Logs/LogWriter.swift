import Glibc
import LinuxSystem

/// Writes a workload's output as Docker's json-file driver does: a JSON object a line, with the stream and the time.
/// Lines longer than 16 KiB are split; a part has no newline at its end.
struct LogWriter: ~Copyable {
    /// Bytes of one part of a long line.
    static let longestPart = 16 << 10

    private let path: String
    private let maximumSize: Int64?
    private let files: Int
    private var file: OwnedDescriptor
    private var size: Int64
    private var output: [UInt8] = []
    private var partial: [[UInt8]] = [[], []]

    /// Opens the log at `path`; what is there stays.
    init(path: String, maximumSize: Int64?, files: Int) throws(SystemError) {
        self.path = path
        self.maximumSize = maximumSize
        self.files = files
        file = try OwnedDescriptor.open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, mode: 0o640)
        size = Int64(lseek(file.number, 0, SEEK_END))
    }

    /// Which stream.
    enum Stream: Int {
        case stdout = 0
        case stderr = 1
    }

    /// Adds output; what is no whole line yet waits.
    mutating func append(_ bytes: ArraySlice<UInt8>, _ stream: Stream) throws(SystemError) {
        let time = WallClock.now.rfc3339
        var rest = bytes
        while let newline = rest.firstIndex(of: 0x0A) {
            let line = rest[...newline]
            if partial[stream.rawValue].isEmpty {
                try write(line, stream, time)
            } else {
                partial[stream.rawValue] += line
                try flush(stream, time)
            }
            rest = rest[(newline + 1)...]
        }
        if !rest.isEmpty {
            partial[stream.rawValue] += rest
            if partial[stream.rawValue].count >= Self.longestPart { try flush(stream, time) }
        }
        try drain()
    }

    /// Writes lines that have no end: at the workload's end.
    mutating func finish() throws(SystemError) {
        for stream in [Stream.stdout, .stderr] where !partial[stream.rawValue].isEmpty {
            try flush(stream, WallClock.now.rfc3339)
        }
        try drain()
    }

    private mutating func flush(_ stream: Stream, _ time: String) throws(SystemError) {
        let line = partial[stream.rawValue]
        partial[stream.rawValue] = []
        try write(line[...], stream, time)
    }

    /// Writes one line, in parts where it is long. Parts are cut between characters.
    private mutating func write(_ line: ArraySlice<UInt8>, _ stream: Stream, _ time: String) throws(SystemError) {
        var rest = line
        while !rest.isEmpty {
            var end = min(rest.startIndex + Self.longestPart, rest.endIndex)
            if end < rest.endIndex {
                while end > rest.startIndex + Self.longestPart - 4, rest[end] & 0xC0 == 0x80 { end -= 1 }
            }
            LogLine.append(rest[..<end], stream == .stdout ? "stdout" : "stderr", time, to: &output)
            rest = rest[end...]
            if let maximumSize, size + Int64(output.count) >= maximumSize {
                try drain()
                try rotate()
            }
            if output.count >= 1 << 18 { try drain() }
        }
    }

    private mutating func drain() throws(SystemError) {
        if output.isEmpty { return }
        try WholeFile.write(output, to: file.number, path)
        size += Int64(output.count)
        output.removeAll(keepingCapacity: true)
    }

    private mutating func rotate() throws(SystemError) {
        if files > 1 {
            for number in stride(from: files - 1, to: 1, by: -1) {
                // The older ones may not be there yet.
                _ = unsafe rename("\(path).\(number - 1)", "\(path).\(number)")
            }
            try systemCall("rename", path) { unsafe rename(path, "\(path).1") }
        } else {
            try systemCall("unlink", path) { unsafe unlink(path) }
        }
        file = try OwnedDescriptor.open(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL, mode: 0o640)
        size = 0
    }
}
