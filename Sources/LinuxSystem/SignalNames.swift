import Glibc

/// Names and numbers of signals on x86-64 (signal(7)).
public enum SignalNames {
    private static let names: [(name: String, number: CInt)] = [
        ("HUP", SIGHUP), ("INT", SIGINT), ("QUIT", SIGQUIT), ("ILL", SIGILL), ("TRAP", SIGTRAP), ("ABRT", SIGABRT),
        ("BUS", SIGBUS), ("FPE", SIGFPE), ("KILL", SIGKILL), ("USR1", SIGUSR1), ("SEGV", SIGSEGV), ("USR2", SIGUSR2),
        ("PIPE", SIGPIPE), ("ALRM", SIGALRM), ("TERM", SIGTERM), ("STKFLT", 16), ("CHLD", SIGCHLD),
        ("CONT", SIGCONT), ("STOP", SIGSTOP), ("TSTP", SIGTSTP), ("TTIN", SIGTTIN), ("TTOU", SIGTTOU),
        ("URG", SIGURG), ("XCPU", SIGXCPU), ("XFSZ", SIGXFSZ), ("VTALRM", SIGVTALRM), ("PROF", SIGPROF),
        ("WINCH", SIGWINCH), ("IO", SIGIO), ("PWR", SIGPWR), ("SYS", SIGSYS), ("IOT", SIGABRT), ("POLL", SIGIO),
        ("CLD", SIGCHLD),
    ]
    /// The real-time signals that are left to programs by glibc.
    private static let realTime: ClosedRange<CInt> = 34...64

    /// The number for `9`, `KILL`, `SIGKILL`, `kill`, `RTMIN+3`, `SIGRTMAX-1`; nil where there is no such signal.
    public static func number(of text: String) -> CInt? {
        if let number = CInt(text) { return (1...realTime.upperBound).contains(number) ? number : nil }
        let upper = text.uppercased()
        let name = upper.hasPrefix("SIG") ? String(upper.dropFirst(3)) : upper
        if let entry = names.first(where: { $0.name == name }) { return entry.number }
        let number: CInt?
        if name == "RTMIN" {
            number = realTime.lowerBound
        } else if name == "RTMAX" {
            number = realTime.upperBound
        } else if name.hasPrefix("RTMIN+") {
            number = UInt8(name.dropFirst(6)).map { realTime.lowerBound + CInt($0) }
        } else if name.hasPrefix("RTMAX-") {
            number = UInt8(name.dropFirst(6)).map { realTime.upperBound - CInt($0) }
        } else {
            number = nil
        }
        return number.flatMap { realTime.contains($0) ? $0 : nil }
    }

    /// The name with its prefix, as `SIGTERM`; the number as text where a signal has no name.
    public static func name(of number: CInt) -> String {
        if let entry = names.first(where: { $0.number == number }) { return "SIG" + entry.name }
        guard realTime.contains(number) else { return String(number) }
        return number == realTime.lowerBound ? "SIGRTMIN" : "SIGRTMIN+\(number - realTime.lowerBound)"
    }
}
