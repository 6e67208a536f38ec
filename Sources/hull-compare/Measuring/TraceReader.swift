import Comparison
import Glibc
import JSON
import LinuxSystem

/// Takes the marks that a side writes while it runs (`RunTrace`).
struct TraceReader: ~Copyable {
    private let pipe: OwnedDescriptor
    private var rest: [UInt8] = []
    private var isOpen = true
    /// The moments by CLOCK_MONOTONIC.
    private(set) var marks: [(name: Moment, at: Int64)] = []

    /// The most bytes of one line, and the most marks.
    private static let lineLimit = 4096
    private static let markLimit = 64

    init(_ pipe: consuming OwnedDescriptor) throws(SystemError) {
        try pipe.setNonBlocking()
        self.pipe = pipe
    }

    /// What to wait for; -1 when all has been read.
    var descriptor: CInt { isOpen ? pipe.number : -1 }

    /// Reads what is there.
    mutating func read(_ buffer: inout [UInt8]) {
        while isOpen {
            // The buffer is as long as the count says.
            let length = unsafe Glibc.read(pipe.number, &buffer, buffer.count)
            if length < 0, errno == EINTR { continue }
            if length < 0, errno == EAGAIN { return }
            if length <= 0 {
                isOpen = false
                return
            }
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
        guard let value = try? JSONParser.parse(rest), let name = value["mark"]?.stringValue.flatMap(Moment.init),
            case .integer(let at)? = value["at"], marks.count < Self.markLimit
        else { return }
        marks.append((name, at))
    }
}
