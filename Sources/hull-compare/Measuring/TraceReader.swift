import Comparison
import JSON
import LinuxSystem

/// Takes the marks that a side writes while it runs (`RunTrace`).
struct TraceReader: ~Copyable {
    private var source: PipeSource
    private var rest: [UInt8] = []
    /// The moments by CLOCK_MONOTONIC.
    private(set) var marks: [(name: Moment, at: Int64)] = []
    /// What was counted, by name.
    private(set) var counters: [String: Double] = [:]

    /// The most bytes of one line, the most marks and the most counters.
    private static let lineLimit = 4096
    private static let markLimit = 64
    private static let counterLimit = 1000

    init(_ pipe: consuming OwnedDescriptor) throws(SystemError) {
        source = try PipeSource(pipe)
    }

    /// What to wait for; -1 when all has been read.
    var descriptor: CInt { source.descriptor }

    /// Reads what is there.
    mutating func read(_ buffer: inout [UInt8]) {
        while let length = source.next(&buffer) {
            for byte in buffer[..<length] {
                if byte == UInt8(ascii: "\n") {
                    take()
                } else if rest.count < Self.lineLimit {
                    rest.append(byte)
                }
            }
        }
    }

    /// Takes one line; marks of a later version are passed over.
    private mutating func take() {
        defer { rest.removeAll(keepingCapacity: true) }
        guard let value = try? JSONParser.parse(rest) else { return }
        for member in value["counters"]?.objectValue?.members ?? [] {
            guard counters.count < Self.counterLimit, case .integer(let count) = member.value else { continue }
            counters[member.key] = Double(count)
        }
        guard let name = value["mark"]?.stringValue.flatMap(Moment.init),
            case .integer(let at)? = value["at"], marks.count < Self.markLimit
        else { return }
        marks.append((name, at))
    }
}
