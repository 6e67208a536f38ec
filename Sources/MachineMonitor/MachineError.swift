import GuestMemory
import LinuxSystem
import Wire

/// Why a machine could not be made or run on.
public enum MachineError: Error, Equatable, CustomStringConvertible {
    /// A system call failed.
    case system(SystemError)
    /// Guest memory could not be made or reached.
    case memory(GuestMemoryError)
    /// The kernel's file is not one that can be started.
    case kernel(String)
    /// A snapshot cannot be made or gone on with.
    case snapshot(String)
    /// What was asked for cannot be had.
    case configuration(String)

    /// The text for people.
    public var description: String {
        switch self {
        case .system(let error): error.description
        case .memory(let error): error.description
        case .kernel(let reason): "kernel: \(reason)"
        case .snapshot(let reason): "snapshot: \(reason)"
        case .configuration(let reason): reason
        }
    }

    /// Runs a body whose errors are system calls'.
    public static func system<Value: ~Copyable>(
        _ body: () throws(SystemError) -> Value
    ) throws(MachineError) -> Value {
        do throws(SystemError) { return try body() } catch { throw .system(error) }
    }

    /// Runs a body whose errors are guest memory's.
    public static func memory<Value: ~Copyable>(
        _ body: () throws(GuestMemoryError) -> Value
    ) throws(MachineError) -> Value {
        do throws(GuestMemoryError) { return try body() } catch { throw .memory(error) }
    }
}

extension MachineError {
    /// Reads a machine's own part of a snapshot, to its last byte.
    public static func readingState<State>(
        _ bytes: [UInt8], _ read: (inout WireReader) throws(WireError) -> State
    ) throws(MachineError) -> State {
        do throws(WireError) {
            var wire = WireReader(bytes)
            let state = try read(&wire)
            try wire.finish()
            return state
        } catch {
            throw .snapshot("the machine's state: \(error)")
        }
    }
}
