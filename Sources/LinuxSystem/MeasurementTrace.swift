import Glibc

/// What a process tells of itself to whoever measures it: JSON lines on a descriptor, moments
/// `{"mark":"created","at":NANOSECONDS}` by the clock CLOCK_MONOTONIC, and counters `{"counters":{"exits":12}}`.
public struct MeasurementTrace: Sendable {
    /// Where the lines go; -1 for nowhere.
    public let descriptor: CInt

    /// Tells on a descriptor, which must be open; -1 for nobody.
    public init(_ descriptor: CInt) { self.descriptor = descriptor }

    /// A line is written whole or not at all: up to this, the kernel's PIPE_BUF, no other writer gets between.
    private static let lineLimit = 4096

    /// Marks the present moment.
    public func mark(_ moment: String) {
        if descriptor < 0 { return }
        var now = timespec()
        // The structure is ours.
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        write("{\"mark\":\"\(moment)\",\"at\":\(now.tv_sec * 1_000_000_000 + now.tv_nsec)}\n")
    }

    /// Tells counters, in as many lines as they need. Names with other than letters, digits, `.`, `_`, `-` are left out.
    public func count(_ counters: [String: UInt64]) {
        if descriptor < 0 { return }
        let (start, end) = ("{\"counters\":{", "}}\n")
        var line = start
        for (name, value) in counters.sorted(by: { $0.key < $1.key }) where Self.isPlain(name) {
            let member = "\"\(name)\":\(value)"
            if line.utf8.count + member.utf8.count + end.utf8.count >= Self.lineLimit {
                write(line + end)
                line = start
            }
            line += (line == start ? "" : ",") + member
        }
        if line != start { write(line + end) }
    }

    private static func isPlain(_ name: String) -> Bool {
        name.utf8.count <= 100
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// Whoever left does not want it.
    private func write(_ line: String) {
        _ = try? systemCall("write", "measurement trace") { unsafe Glibc.write(descriptor, line, line.utf8.count) }
    }
}
