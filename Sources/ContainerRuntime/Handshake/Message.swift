import LinuxSystem

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
        case .awaitsMappings: writer.put(1)
        case .mappingsWritten: writer.put(2)
        case .atHooks: writer.put(3)
        case .hooksDone: writer.put(4)
        case .ready: writer.put(5)
        case .start: writer.put(6)
        case .forked(let pid):
            writer.put(7)
            writer.put(integer: UInt64(bitPattern: Int64(pid)))
        case .failed(let error):
            writer.put(8)
            error.write(to: &writer)
        }
        return writer.bytes
    }

    /// Reads a packet; nil for what no sender makes.
    init?(_ bytes: [UInt8]) {
        var reader = WireReader(bytes)
        switch reader.byte() {
        case 1: self = .awaitsMappings
        case 2: self = .mappingsWritten
        case 3: self = .atHooks
        case 4: self = .hooksDone
        case 5: self = .ready
        case 6: self = .start
        case 7:
            guard let number = reader.integer() else { return nil }
            self = .forked(pid: Int32(truncatingIfNeeded: number))
        case 8:
            guard let error = RuntimeError(from: &reader) else { return nil }
            self = .failed(error)
        default: return nil
        }
    }
}

extension RuntimeError {
    /// Writes all of the error. The errors of control groups and filters arise in the parent only; they travel as text.
    func write(to writer: inout WireWriter) {
        switch self {
        case .invalid(let place, let reason): writer.put(1, place, reason)
        case .system(let step, let error):
            writer.put(2, step, error.call, error.object)
            writer.put(integer: UInt64(bitPattern: Int64(error.number)))
        case .rlimit(let type, let soft, let hard, let reason):
            writer.put(3, type, reason)
            writer.put(integer: soft)
            writer.put(integer: hard)
        case .commandNotFound(let name): writer.put(4, name)
        case .commandNotExecutable(let name, let reason): writer.put(5, name, reason)
        case .workingDirectory(let path, let reason): writer.put(6, path, reason)
        case .hook(let point, let path, let reason): writer.put(7, point, path, reason)
        case .notRunning(let what): writer.put(8, what)
        case .initEnded(let how): writer.put(9, how)
        case .controlGroup, .seccomp: writer.put(9, description)
        }
    }

    /// Reads what `write(to:)` wrote.
    init?(from reader: inout WireReader) {
        guard let kind = reader.byte(), let first = reader.string() else { return nil }
        switch kind {
        case 4: self = .commandNotFound(first)
        case 8: self = .notRunning(first)
        case 9: self = .initEnded(first)
        default:
            guard let second = reader.string() else { return nil }
            switch kind {
            case 1: self = .invalid(at: first, reason: second)
            case 2:
                guard let object = reader.string(), let number = reader.integer() else { return nil }
                let error = SystemError(second, object, number: Int32(truncatingIfNeeded: number))
                self = .system(step: first, error)
            case 3:
                guard let soft = reader.integer(), let hard = reader.integer() else { return nil }
                self = .rlimit(type: first, soft: soft, hard: hard, reason: second)
            case 5: self = .commandNotExecutable(first, reason: second)
            case 6: self = .workingDirectory(first, reason: second)
            case 7:
                guard let reason = reader.string() else { return nil }
                self = .hook(point: first, path: second, reason: reason)
            default: return nil
            }
        }
    }
}
