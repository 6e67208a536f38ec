/// One message between a supervisor and its clients. Each is one packet: a byte that says which, and what belongs to it;
/// numbers are little-endian.
enum Frame: Equatable {
    /// The client's first: what it wants.
    case hello(Hello)
    /// The client has written the container's record, while the supervisor made the container.
    case recorded
    /// The supervisor takes one more packet of standard input. Without it none may be sent: so a workload that reads
    /// slowly holds back its input, and never the signals behind it.
    case wantsInput
    /// Bytes for the workload's standard input, and its end.
    case stdin([UInt8])
    case stdinEnd
    /// Bytes of the workload.
    case stdout([UInt8])
    case stderr([UInt8])
    /// The client's terminal has this size.
    case resize(rows: UInt16, columns: UInt16)
    /// A signal for the first process.
    case signal(Int32)
    /// The workload runs.
    case started
    /// It never ran: why, and the exit status of the command line.
    case failed(status: Int32, message: String)
    /// Something the user should know.
    case warning(String)
    /// It ended, and all that it wrote was sent.
    case exited(Int32)

    /// The container is to be written into a directory.
    case save(directory: String)
    /// It was.
    case saved
    /// It was not: why.
    case refused(String)

    /// What a client wants.
    struct Hello: Equatable {
        /// Whether it gets the workload's output.
        var wantsOutput: Bool
        /// Whether it writes standard input.
        var writesInput: Bool

        /// Only the start and the end.
        static let none = Hello(wantsOutput: false, writesInput: false)
    }

    /// The longest packet: less than the smallest send buffer that Linux gives.
    static let maximumSize = 64 << 10

    /// The byte that says which.
    enum Tag: UInt8 {
        case hello = 1
        case recorded, wantsInput, stdin, stdinEnd, stdout, stderr, resize, signal, started, failed, warning, exited
        case save, saved, refused
    }

    /// The packet.
    var bytes: [UInt8] {
        func packet(_ tag: Tag, _ body: [UInt8] = []) -> [UInt8] { [tag.rawValue] + body }
        func number(_ value: Int32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        func text(_ text: String) -> [UInt8] { Array(text.utf8.prefix(Self.maximumSize - 16)) }
        switch self {
        case .hello(let hello):
            return packet(.hello, [(hello.wantsOutput ? 1 : 0) | (hello.writesInput ? 2 : 0)])
        case .recorded: return packet(.recorded)
        case .wantsInput: return packet(.wantsInput)
        case .stdin(let bytes): return packet(.stdin, bytes)
        case .stdinEnd: return packet(.stdinEnd)
        case .stdout(let bytes): return packet(.stdout, bytes)
        case .stderr(let bytes): return packet(.stderr, bytes)
        case .resize(let rows, let columns):
            return packet(.resize, [rows, columns].flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] })
        case .signal(let signal): return packet(.signal, number(signal))
        case .started: return packet(.started)
        case .failed(let status, let message): return packet(.failed, number(status) + text(message))
        case .warning(let message): return packet(.warning, text(message))
        case .exited(let code): return packet(.exited, number(code))
        case .save(let directory): return packet(.save, text(directory))
        case .saved: return packet(.saved)
        case .refused(let message): return packet(.refused, text(message))
        }
    }

    /// Reads a packet; nil where it is none of ours.
    init?(_ packet: ArraySlice<UInt8>) {
        guard packet.count <= Self.maximumSize, let first = packet.first, let tag = Tag(rawValue: first) else {
            return nil
        }
        let body = packet.dropFirst()
        func number() -> Int32? {
            guard body.count >= 4 else { return nil }
            return Int32(
                bitPattern: body.prefix(4).enumerated().reduce(0) { $0 | UInt32($1.element) << (8 * $1.offset) })
        }
        switch tag {
        case .hello:
            guard body.count == 1, let flags = body.first, flags < 4 else { return nil }
            self = .hello(Hello(wantsOutput: flags & 1 != 0, writesInput: flags & 2 != 0))
        case .recorded: self = .recorded
        case .wantsInput: self = .wantsInput
        case .stdin: self = .stdin(Array(body))
        case .stdinEnd: self = .stdinEnd
        case .stdout: self = .stdout(Array(body))
        case .stderr: self = .stderr(Array(body))
        case .resize:
            guard body.count == 4, let numbers = number().map(UInt32.init(bitPattern:)) else { return nil }
            self = .resize(rows: UInt16(truncatingIfNeeded: numbers), columns: UInt16(numbers >> 16))
        case .signal:
            guard body.count == 4, let signal = number(), (1...64).contains(signal) else { return nil }
            self = .signal(signal)
        case .started: self = .started
        case .failed:
            guard let status = number() else { return nil }
            self = .failed(status: status, message: String(decoding: body.dropFirst(4), as: UTF8.self))
        case .warning: self = .warning(String(decoding: body, as: UTF8.self))
        case .exited:
            guard body.count == 4, let code = number() else { return nil }
            self = .exited(code)
        case .save: self = .save(directory: String(decoding: body, as: UTF8.self))
        case .saved: self = .saved
        case .refused: self = .refused(String(decoding: body, as: UTF8.self))
        }
    }
}
