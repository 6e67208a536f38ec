import CLinux
import Glibc
import LinuxSystem

extension Workload {
    /// Starts the workload as a child, and stays as its init: forwards signals, reaps what is left to it, and ends with
    /// the workload's exit code.
    ///
    /// It has the workload's own user, capabilities and filter. It is not dumpable, so that the workload cannot reach
    /// the runtime's program through /proc/1/exe; and as long as it runs the kernel lets nobody write that program.
    func startBelow(_ image: ProcessImage, _ file: String, channel: CInt) -> Never {
        var before: UInt64 = 0
        // Blocked signals wait for sigwait; the kernel keeps them from a process 1 that neither blocks nor handles them.
        _ = unsafe linux_sigprocmask(SIG_BLOCK, UInt64.max, &before)
        _ = linux_prctl(ProcessControl.setDumpable, 0, 0, 0, 0)
        let child = fork()
        if child < 0 {
            Report.fail(.system(step: "start the workload", .last("fork", "")), channel)
        }
        if child == 0 {
            // A group of its own, in the foreground of its terminal, so that what the terminal sends reaches it once.
            setpgid(0, 0)
            if process.terminal == true { tcsetpgrp(0, getpid()) }
            _ = linux_sigprocmask(SIG_SETMASK, before, nil)
            image.execute(file)
            Report.fail(Self.executionError(file, errno), channel)
        }
        close(channel)
        Self.hideArguments()
        Self.reap(until: child)
    }

    private static func reap(until child: pid_t) -> Never {
        var all = sigset_t()
        unsafe sigfillset(&all)
        while true {
            var number: CInt = 0
            if unsafe sigwait(&all, &number) != 0 { continue }
            switch number {
            // These are about the reading and writing of a process at a terminal, which this one does not do.
            case SIGTTIN, SIGTTOU: continue
            case SIGCHLD:
                var status: CInt = 0
                var ended: pid_t
                repeat {
                    ended = unsafe waitpid(-1, &status, WNOHANG)
                    if ended == child {
                        _exit(
                            linux_wait_signaled(status) != 0
                                ? 128 + linux_wait_term_signal(status) : linux_wait_exit_status(status))
                    }
                } while ended > 0
            // The group: a shell that the workload runs as its child gets what the terminal would send it, too.
            default: kill(child, number)
            }
        }
    }

    /// The command line that /proc/1/cmdline shows is the runtime's, with the values of its options.
    private static func hideArguments() {
        let name: StaticString = "init"
        // The strings are the kernel's copy of our arguments, each ended by a zero and writable; nobody reads them now.
        for index in 0..<Int(CommandLine.argc) {
            guard let text = unsafe CommandLine.unsafeArgv[index] else { continue }
            let length = unsafe strlen(text)
            unsafe memset(text, 0, length)
            if index == 0 && length >= name.utf8CodeUnitCount {
                unsafe memcpy(text, name.utf8Start, name.utf8CodeUnitCount)
            }
        }
        _ = prctlName("init")
    }

    private static func prctlName(_ name: String) -> CInt {
        // The kernel copies the name, which lives as long as the closure.
        unsafe name.withCString { text in
            linux_prctl(ProcessControl.setName, UInt(bitPattern: text), 0, 0, 0)
        }
    }
}
