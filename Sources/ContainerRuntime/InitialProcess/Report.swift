import Glibc
import LinuxSystem

/// How a child that cannot go on ends.
enum Report {
    /// Tells the parent why, and ends.
    static func fail(_ error: RuntimeError, _ channel: CInt) -> Never {
        // A parent that does not listen any more needs no report.
        try? Channel.send(.failed(error), channel)
        _exit(error.exitCode)
    }
}
