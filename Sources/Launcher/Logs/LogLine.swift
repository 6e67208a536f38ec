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
        var index = text.startIndex
        // Bytes from here to `index` are written as they are.
        var plain = index
        while index < text.endIndex {
            let byte = text[index]
            if byte >= 0x20, byte < 0x7F, byte != 0x22, byte != 0x5C {
                index += 1
                continue
            }
            let length = byte < 0x80 ? 0 : sequenceLength(text, index)
            if length > 0 {
                index += length
                continue
            }
            output.append(contentsOf: text[plain..<index])
            appendReplacement(of: byte, to: &output)
            index += 1
            plain = index
        }
        output.append(contentsOf: text[plain...])
    }

    /// What stands for a byte that cannot stand in a JSON string as it is.
    private static func appendReplacement(of byte: UInt8, to output: inout [UInt8]) {
        switch byte {
        case 0x22, 0x5C: appendEscape(byte, to: &output)
        case 0x0A: appendEscape(UInt8(ascii: "n"), to: &output)
        case 0x0D: appendEscape(UInt8(ascii: "r"), to: &output)
        case 0x09: appendEscape(UInt8(ascii: "t"), to: &output)
        case 0..<0x80:
            appendEscape(UInt8(ascii: "u"), to: &output)
            output.append(UInt8(ascii: "0"))
            output.append(UInt8(ascii: "0"))
            output.append(digit(byte >> 4))
            output.append(digit(byte & 15))
        default:
            // U+FFFD in UTF-8.
            output.append(0xEF)
            output.append(0xBF)
            output.append(0xBD)
        }
    }

    private static func appendEscape(_ byte: UInt8, to output: inout [UInt8]) {
        output.append(0x5C)
        output.append(byte)
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    /// How many bytes the character has that begins here; 0 where none does (The Unicode Standard, table 3-7).
    private static func sequenceLength(_ text: ArraySlice<UInt8>, _ index: Int) -> Int {
        let lead = text[index]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch lead {
        case 0xC2...0xDF: length = 2
        case 0xE0...0xEF:
            length = 3
            if lead == 0xE0 { second = 0xA0...0xBF } else if lead == 0xED { second = 0x80...0x9F }
        case 0xF0...0xF4:
            length = 4
            if lead == 0xF0 { second = 0x90...0xBF } else if lead == 0xF4 { second = 0x80...0x8F }
        default: return 0
        }
        guard index + length <= text.endIndex, second.contains(text[index + 1]) else { return 0 }
        for place in index + 2..<max(index + 2, index + length) where text[place] & 0xC0 != 0x80 { return 0 }
        return length
    }
}
