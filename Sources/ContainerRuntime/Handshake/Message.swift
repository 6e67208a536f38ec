import LinuxSystem
import Wire

/// What the maker of a container and the container's first process tell each other, one packet each.
enum Message: Equatable {
    /// Child: it is in its new user namespace and has no identity there yet.
    case awaitsMappings
    /// Parent: the mappings are written.
    case mappingsWritten
    /// Child: namespaces and mounts are made, `pivot_root` is not done: time for hooks of the host's side.
    case atHooks
    /// Parent: the hooks have run.
    case hooksDone
    /// Child: all is set up. With the terminal's master as descriptor where there is one.
    case ready
    /// Parent: execute the workload.
    case start
    /// Child: a process was started in its place, this one goes.
    case forked(pid: Int32)
    /// Child: it cannot go on.
    case failed(RuntimeError)

    /// Most bytes that a packet has.
    static let maximumSize = 16384

    /// The packet.
    var bytes: [UInt8] {
        var writer = WireWriter()
        switch self {
        case .awaitsMappings: writer.put(UInt8(1))
        case .mappingsWritten: writer.put(UInt8(2))
        case .atHooks: writer.put(UInt8(3))
        case .hooksDone: writer.put(UInt8(4))
        case .ready: writer.put(UInt8(5))
        case .start: writer.put(UInt8(6))
        case .forked(let pid):
            writer.put(UInt8(7))
            writer.put(UInt32(bitPattern: pid))
        case .failed(let error):
            writer.put(UInt8(8))
            error.write(to: &writer)
        }
        return writer.bytes
    }

    /// Reads a packet; nil for what no sender makes.
    init?(_ bytes: [UInt8]) {
        do throws(WireError) { self = try Message(reading: bytes) } catch { return nil }
    }

    private init(reading bytes: [UInt8]) throws(WireError) {
        var reader = WireReader(bytes)
        switch try reader.integer(UInt8.self) {
        case 1: self = .awaitsMappings
        case 2: self = .mappingsWritten
        case 3: self = .atHooks
        case 4: self = .hooksDone
        case 5: self = .ready
        case 6: self = .start
        case 7: self = .forked(pid: Int32(bitPattern: try reader.integer(UInt32.self)))
        case 8: self = .failed(try RuntimeError(from: &reader))
        default: throw .invalid("kind")
        }
        try reader.finish()
    }
}

extension RuntimeError {
    /// A text longer than this is cut: a message must fit in a packet.
    private static let maximumText = 3000

    /// Writes all of the error. The errors of control groups and filters arise in the parent only; they travel as text.
    func write(to writer: inout WireWriter) {
        func put(_ kind: UInt8, _ texts: String...) {
            writer.put(kind)
            // A character that is cut in two becomes a replacement character.
            for text in texts { writer.put(String(decoding: text.utf8.prefix(Self.maximumText), as: UTF8.self)) }
        }
        switch self {
        case .invalid(let place, let reason): put(1, place, reason)
        case .system(let step, let error):
            put(2, step, error.call, error.object)
            writer.put(UInt32(bitPattern: error.number))
        case .rlimit(let type, let soft, let hard, let reason):
            put(3, type, reason)
            writer.put(soft)
            writer.put(hard)
        case .commandNotFound(let name): put(4, name)
        case .commandNotExecutable(let name, let reason): put(5, name, reason)
        case .workingDirectory(let path, let reason): put(6, path, reason)
        case .hook(let point, let path, let reason): put(7, point, path, reason)
        case .notRunning(let what): put(8, what)
        case .initEnded(let how): put(9, how)
        case .controlGroup, .seccomp: put(9, description)
        }
    }

    /// Reads what `write(to:)` wrote.
    init(from reader: inout WireReader) throws(WireError) {
        func text(_ reader: inout WireReader) throws(WireError) -> String {
            try reader.string(limit: Self.maximumText + 8)
        }
        let kind = try reader.integer(UInt8.self)
        let first = try text(&reader)
        switch kind {
        case 1: self = .invalid(at: first, reason: try text(&reader))
        case 2:
            let call = try text(&reader)
            let object = try text(&reader)
            let number = Int32(bitPattern: try reader.integer(UInt32.self))
            self = .system(step: first, SystemError(call, object, number: number))
        case 3:
            let reason = try text(&reader)
            let soft = try reader.integer(UInt64.self)
            self = .rlimit(type: first, soft: soft, hard: try reader.integer(UInt64.self), reason: reason)
        case 4: self = .commandNotFound(first)
        case 5: self = .commandNotExecutable(first, reason: try text(&reader))
        case 6: self = .workingDirectory(first, reason: try text(&reader))
        case 7:
            let path = try text(&reader)
            self = .hook(point: first, path: path, reason: try text(&reader))
        case 8: self = .notRunning(first)
        case 9: self = .initEnded(first)
        default: throw .invalid("kind of error")
        }
    }
}
