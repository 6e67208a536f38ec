import CLinux
import ContainerRuntime
import Glibc
import LinuxSystem

/// The process of a micro-VM's monitor, `hull-vmm`, which ends when this value does or its own process dies.
final class MachineProcess {
    /// Its number.
    let pid: pid_t
    private let descriptor: OwnedDescriptor
    private var lifeline: OwnedDescriptor?
    private let console: OwnedDescriptor
    private var said: [UInt8] = []
    private var status: CInt?

    /// How much is kept of what it and the guest's kernel say, in bytes.
    private static let keptText = 4096

    /// How long it may take to end by itself, in milliseconds.
    private static let stopTime: CInt = 2000

    /// What it is started with.
    struct Arguments {
        /// Its executable.
        var program: String
        /// Words of its command line.
        var words: [String]
        /// Descriptors that the words name.
        var descriptors: [CInt]
    }

    /// Starts it in a control group and in namespaces of its own. The calling process has one thread.
    static func start(
        _ arguments: Arguments, in group: borrowing ControlGroup.Entrance
    ) throws(SystemError) -> MachineProcess {
        let lifeline = try Pipe()
        let console = try Pipe()
        let null = try OwnedDescriptor.open("/dev/null", O_RDWR)
        let words = arguments.words + ["--lifeline", "\(lifeline.read.number)", "--inside"]
        let child = try systemCall("clone3", "hull-vmm") {
            linux_clone3(OwnNamespaces.flags, nil, SIGCHLD, group.cloneDirectory)
        }
        if child == 0 {
            let error = group.enter()
            if error != 0 { _exit(125) }
            dup2(null.number, STDIN_FILENO)
            dup2(null.number, STDOUT_FILENO)
            dup2(console.write.number, STDERR_FILENO)
            // Given up, not closed: a value is destroyed where it is used last, and that would be before execve.
            for number in arguments.descriptors + [lifeline.read.release()] { _ = fcntl(number, F_SETFD, 0) }
            execute(arguments.program, words)
        }
        try console.read.setNonBlocking()
        return try MachineProcess(pid: child, lifeline: lifeline.write, console: console.read)
    }

    private static func execute(_ program: String, _ words: [String]) -> Never {
        let pointers = unsafe ([program] + words).map { unsafe strdup($0) } + [nil]
        // The array ends with nil, and its strings live until the program is replaced.
        unsafe execve(program, pointers, environ)
        let text = Array("\(program): \(SystemError.last("execve", program))\n".utf8)
        // As many bytes as the array has.
        _ = unsafe write(STDERR_FILENO, text, text.count)
        _exit(126)
    }

    private init(
        pid: pid_t, lifeline: consuming OwnedDescriptor, console: consuming OwnedDescriptor
    ) throws(SystemError) {
        self.pid = pid
        self.lifeline = consume lifeline
        self.console = console
        descriptor = OwnedDescriptor(owning: try systemCall("pidfd_open", "hull-vmm") { linux_pidfd_open(pid, 0) })
    }

    /// Adds what it waits for: its end and what it says.
    ///
    /// - Returns: the place of its end.
    func watch(_ set: inout PollSet) -> Int {
        set.add(console.number, CInt(POLLIN))
        return set.add(descriptor.number, CInt(POLLIN))
    }

    /// Reads what it says, so that it never waits for us, and keeps the end of it.
    func listen() {
        var buffer = [UInt8](repeating: 0, count: Self.keptText)
        while true {
            // The buffer has the room that is named.
            let count = unsafe read(console.number, &buffer, buffer.count)
            if count <= 0 { return }
            said = (said + buffer[..<count]).suffix(Self.keptText)
            if count < buffer.count { return }
        }
    }

    /// The last lines that it and the guest's kernel said, without control characters.
    func lastLines(_ count: Int) -> [String] {
        listen()
        return printableLines(said, last: count)
    }

    /// Waits until it has ended.
    ///
    /// - Returns: its exit code; 128+N where signal N ended it.
    func wait() -> CInt {
        if let status { return status }
        // Our own child, waited for once: it cannot fail.
        let result = (try? ExitCode.wait(for: pid)) ?? 125
        status = result
        return result
    }

    /// Has it end by itself, which takes a little longer than to kill it, and tells what it counted.
    func stop() {
        lifeline = nil
        kill(after: Self.stopTime)
    }

    /// Ends it, at once or where it has not ended by itself after so many milliseconds.
    func kill(after patience: CInt = 0) {
        if status != nil { return }
        var set = PollSet()
        set.add(descriptor.number, CInt(POLLIN))
        // Whatever cannot be waited for is ended now.
        if patience > 0 { _ = try? set.wait(timeout: patience) }
        _ = linux_pidfd_send_signal(descriptor.number, SIGKILL)
        _ = wait()
    }
}
