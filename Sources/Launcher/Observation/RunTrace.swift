import Glibc
import LinuxSystem

/// The moments of a run, told to whoever measures it: JSON lines `{"mark":"created","at":NANOSECONDS}` by the clock
/// CLOCK_MONOTONIC, on the descriptor that the variable `HULL_TRACE` names. Where there is none, as always but under
/// `hull compare`, a mark is one comparison.
public enum RunTrace {
    /// What can be marked, in the order in which it happens.
    public enum Moment: String, Sendable {
        /// The image is found, and the container's files are there.
        case prepared
        /// The sandbox is made; its workload waits.
        case created
        /// The workload was executed.
        case started
        /// Its first process has ended.
        case exited
        /// Nothing is left of it on the host.
        case cleaned
    }

    /// The variable with the descriptor's number.
    public static let variable = "HULL_TRACE"

    /// The descriptor, which no program that we execute inherits; -1 for none.
    static let descriptor: CInt = {
        // The variable's text is the process's own and nobody changes it.
        guard let text = unsafe getenv(variable), let number = unsafe CInt(String(cString: text)),
            number > STDERR_FILENO, fcntl(number, F_SETFD, FD_CLOEXEC) == 0
        else { return -1 }
        return number
    }()

    /// Marks the present moment.
    public static func mark(_ moment: Moment) {
        if descriptor < 0 { return }
        var now = timespec()
        // The structure is ours.
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        let line = "{\"mark\":\"\(moment.rawValue)\",\"at\":\(now.tv_sec * 1_000_000_000 + now.tv_nsec)}\n"
        // A line is written whole or not at all: it is shorter than PIPE_BUF. Whoever left does not want it.
        _ = try? systemCall("write", variable) { unsafe write(descriptor, line, line.utf8.count) }
    }
}
