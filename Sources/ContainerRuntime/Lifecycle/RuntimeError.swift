import LinuxSystem

/// Why a container cannot be made, started or entered.
public enum RuntimeError: Error, CustomStringConvertible, Equatable {
    /// The specification asks for what cannot be: where in it, and why.
    case invalid(at: String, reason: String)
    /// A call failed: during which step.
    case system(step: String, SystemError)
    /// A limit of setrlimit(2) that this process may not set.
    case rlimit(type: String, soft: UInt64, hard: UInt64, reason: String)
    /// The program is nowhere in the container (exit code 127).
    case commandNotFound(String)
    /// The program is there and cannot be executed (exit code 126).
    case commandNotExecutable(String, reason: String)
    /// The working directory is not there, or is no directory.
    case workingDirectory(String, reason: String)
    /// The control group cannot be made or entered.
    case controlGroup(ControlGroupError)
    /// The seccomp filter cannot be made.
    case seccomp(SeccompError)
    /// A hook failed: the point at which it runs, its program, and why.
    case hook(point: String, path: String, reason: String)
    /// The container's first process ended before it was ready.
    case initEnded(String)
    /// The container is not running (any more).
    case notRunning(String)

    /// The exit code of a command that ends with this error, as Docker has it: 127 not found, 126 not executable, 125
    /// all else.
    public var exitCode: Int32 {
        switch self {
        case .commandNotFound: 127
        case .commandNotExecutable: 126
        default: 125
        }
    }

    /// The text for people, one line.
    public var description: String {
        switch self {
        case .invalid(let place, let reason): "config.json: \(place): \(reason)"
        case .system(let step, let error): "\(step): \(error)"
        case .rlimit(let type, let soft, let hard, let reason):
            "cannot set the limit \(type) to \(Self.limit(soft)):\(Self.limit(hard)): \(reason)"
        case .commandNotFound(let name):
            name.contains("/")
                ? "exec \(name): no such file or directory in the container"
                : "exec \(name): executable file not found in the container's $PATH"
        case .commandNotExecutable(let name, let reason): "exec \(name): \(reason)"
        case .workingDirectory(let path, let reason): "working directory \(path): \(reason)"
        case .controlGroup(let error): "\(error)"
        case .seccomp(let error): "\(error)"
        case .hook(let point, let path, let reason): "\(point) hook \(path): \(reason)"
        case .initEnded(let how): "the container's first process ended before it was ready: \(how)"
        case .notRunning(let what): "the container is not running: \(what)"
        }
    }

    private static func limit(_ value: UInt64) -> String { value == UInt64.max ? "unlimited" : String(value) }
}

/// Adds the step to the error of a system call.
@discardableResult
func during<Result: ~Copyable>(
    _ step: @autoclosure () -> String, _ body: () throws(SystemError) -> Result
) throws(RuntimeError) -> Result {
    do throws(SystemError) { return try body() } catch { throw .system(step: step(), error) }
}
