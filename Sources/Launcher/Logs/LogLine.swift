import JSON
import LinuxSystem

/// One line of a log.
public struct LogLine: Equatable, Sendable {
    /// What the workload wrote, with its newline where the line is whole.
    public var text: String
    /// `stdout` or `stderr`.
    public var stream: String
    /// When.
    public var time: WallClock

    /// Reads a line of the file; nil where a crash cut it off.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard let value = try? JSONParser.parse(Array(bytes)), let text = value["log"]?.stringValue,
            let stream = value["stream"]?.stringValue, let stamp = value["time"]?.stringValue,
            let time = WallClock(rfc3339: stamp)
        else { return nil }
        (self.text, self.stream, self.time) = (text, stream, time)
    }

    /// Adds a line of the file. Bytes that are not UTF-8 become U+FFFD, as with Docker.
    static func append(_ text: ArraySlice<UInt8>, _ stream: String, _ time: String, to output: inout [UInt8]) {
        output.append(contentsOf: #"{"log":""#.utf8)
        appendEscaped(text, to: &output)
        output.append(contentsOf: #"","stream":""#.utf8)
        output.append(contentsOf: stream.utf8)
        output.append(contentsOf: #"","time":""#.utf8)
        output.append(contentsOf: time.utf8)
        output.append(contentsOf: "\"}\n".utf8)
    }

    private static func appendEscaped(_ text: ArraySlice<UInt8>, to output: inout [UInt8]) {
        var rest = text
        while let first = rest.firstIndex(where: { $0 < 0x20 || $0 >= 0x7F || $0 == 0x22 || $0 == 0x5C }) {
            output.append(contentsOf: rest[..<first])
            rest = rest[first...]
            switch rest[first] {
            case 0x22, 0x5C:
                output.append(0x5C)
                output.append(rest[first])
            case 0x0A: output.append(contentsOf: "\\n".utf8)
            case 0x0D: output.append(contentsOf: "\\r".utf8)
            case 0x09: output.append(contentsOf: "\\t".utf8)
            case 0..<0x20, 0x7F:
                let digits = Array("0123456789abcdef".utf8)
                output.append(contentsOf: "\\u00".utf8)
                output.append(digits[Int(rest[first] >> 4)])
                output.append(digits[Int(rest[first] & 15)])
            default:
                // A run of bytes above ASCII: decoded, so that what is no UTF-8 is replaced.
                let end = rest.firstIndex { $0 < 0x80 } ?? rest.endIndex
                output.append(contentsOf: String(decoding: rest[..<end], as: UTF8.self).utf8)
                rest = rest[end...]
                continue
            }
            rest = rest[(first + 1)...]
        }
        output.append(contentsOf: rest)
    }
}
