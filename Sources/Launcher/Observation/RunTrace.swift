import Glibc
import LinuxSystem

/// The moments of a run, told to whoever measures it (`MeasurementTrace`) on the descriptor that the variable `HULL_TRACE`
/// names. Where there is none, as always but under `hull compare`, a mark is one comparison.
public enum RunTrace {
    /// What can be marked, in the order in which it happens.
    public enum Moment: String, Sendable {
        /// The image is found, and all its layers are there.
        case image
        /// The container's files are there.
        case prepared
        /// The guest is booted or restored: its agent answers.
        case guest
        /// The sandbox is made; its workload waits.
        case created
        /// The workload was executed.
        case started
        /// Its first process has ended.
        case exited
        /// Nothing is left of it on the host.
        case cleaned
    }

    /// The variable with the descriptor's number, `3`, and with what is counted at the end, `3:counters`.
    public static let variable = "HULL_TRACE"
    /// What follows the number where counters are wanted. To count takes time: a run that is timed does not.
    public static let countersSuffix = ":counters"

    private static let setting: (trace: MeasurementTrace, counts: Bool) = {
        // The variable's text is the process's own and nobody changes it.
        guard let value = unsafe getenv(variable) else { return (MeasurementTrace(-1), false) }
        let text = unsafe String(cString: value)
        let counts = text.hasSuffix(countersSuffix)
        guard let number = CInt(counts ? text.dropLast(countersSuffix.count) : text[...]),
            number > STDERR_FILENO, fcntl(number, F_SETFD, FD_CLOEXEC) == 0
        else { return (MeasurementTrace(-1), false) }
        return (MeasurementTrace(number), counts)
    }()

    /// The descriptor, which no program that we execute inherits unless it is named to it; -1 for none.
    static var descriptor: CInt { setting.trace.descriptor }

    /// Whether counters are wanted.
    static var counts: Bool { setting.counts }

    /// Marks the present moment.
    public static func mark(_ moment: Moment) { setting.trace.mark(moment.rawValue) }

    /// Tells the processor time of the workload, in nanoseconds.
    static func count(workload time: UInt64?) {
        if let time { setting.trace.count(["workloadCpu": time]) }
    }
}
