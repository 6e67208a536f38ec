import CommandLineOptions
import Glibc
import Launcher

/// What the commands of containers work with.
struct ContainerPlace {
    let surroundings: Surroundings
    let configuration: Configuration
    let store: ContainerStore

    init(_ arguments: Arguments) throws {
        surroundings = try Surroundings.current()
        configuration = try Configuration.load(chosen: arguments.global("--config"), surroundings)
        store = ContainerStore(
            root: try configuration.store(option: arguments.global("--root"), surroundings, uid: geteuid()).path,
            configuration: configuration)
    }
}

let detachKeysOption = Option("--detach-keys", value: "KEYS", help: "the keys that detach (ctrl-p,ctrl-q)")

extension Arguments {
    /// The value of `--detach-keys`, as the bytes that a terminal sends.
    func detachKeys() throws -> [UInt8]? { try parsed("--detach-keys", RunOptions.keys) }

    /// Does something with each operand, and goes on after a failure.
    ///
    /// - Returns: the exit status: 1 where something failed.
    func forEachOperand(_ body: (String) throws -> Void) -> Int32 {
        var failed = false
        for operand in operands {
            do {
                try body(operand)
            } catch {
                complain(error)
                failed = true
            }
        }
        return failed ? 1 : 0
    }

    /// A number of seconds.
    func seconds(_ option: String) throws -> Int? {
        guard let text = value(option) else { return nil }
        guard let seconds = Int(text), (-1...Int(Int32.max)).contains(seconds) else {
            throw UsageError("invalid value '\(text)' for \(option): it should be a number of seconds; -1 is no limit")
        }
        return seconds
    }
}

/// Tells an error, after what was printed before it.
func complain(_ error: any Error) {
    fflush(nil)
    writeToStandardError("hull: \(error)\n")
}

/// Tells what the user should know.
func warn(_ text: String) {
    fflush(nil)
    writeToStandardError("hull: warning: \(text)\n")
}

/// The exit status of a command that was attached to a container.
func status(of outcome: Attachment.Outcome) throws -> Int32 {
    switch outcome {
    case .exited(let code): return code
    case .failed(let status, let message): throw CommandFailure(message, status: status)
    case .detached: return 0
    case .lost: throw CommandFailure("the container's supervisor was killed, and the container with it", status: 125)
    }
}
