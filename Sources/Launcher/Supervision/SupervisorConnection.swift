import CLinux
import Glibc
import LinuxSystem

/// A connection to the supervisor of a container: over a socket pair to one that we forked, or over its control socket.
struct SupervisorConnection: ~Copyable {
    private let socket: OwnedDescriptor
    /// The supervisor, where it is our child.
    private let child: pid_t?

    /// Forks the supervisor of a container, which makes and starts it. The calling process has one thread.
    ///
    /// - Parameter hello: what we want of it.
    static func launch(
        _ container: consuming PreparedContainer, _ store: ContainerStore, _ hello: Frame.Hello
    ) throws(SystemError) -> SupervisorConnection {
        let pair = try LocalSocket.Pair()
        // What was printed so far would be printed again by the child.
        fflush(nil)
        let child = try systemCall("fork", "the supervisor") { fork() }
        if child == 0 {
            DescriptorTable.closeAll(
                except: [pair.second.number, container.lock.descriptor.number, RunTrace.descriptor])
            supervise(container, store, client: pair.second, hello)
        }
        return SupervisorConnection(socket: pair.first, child: child)
    }

    /// The life of the forked process.
    private static func supervise(
        _ container: consuming PreparedContainer, _ store: ContainerStore, client: consuming OwnedDescriptor,
        _ hello: Frame.Hello
    ) -> Never {
        setsid()
        // Nothing that ends our parent ends us, and no signal that it holds back is held back from a workload. A handler,
        // unlike an ignored signal, is not inherited over execve.
        for signal in [SIGPIPE, SIGHUP] { _ = Glibc.signal(signal) { _ in } }
        _ = linux_sigprocmask(SIG_SETMASK, 0, nil)
        do throws(SystemError) {
            try DescriptorTable.silenceStandardStreams()
            try systemCall("chdir", "/") { unsafe chdir("/") }
            let record = container.record
            let sandbox: any Sandbox =
                if let files = container.machine {
                    MicroVMSandbox(record, container.spec, store, files, container.origin)
                } else {
                    ContainerSandbox(record, container.spec, store)
                }
            let awaitsRecord = container.awaitsRecord
            let supervisor = try Supervisor(
                store, record, sandbox, lock: container.lock, client: client, hello, awaitsRecord: awaitsRecord)
            supervisor.run()
        } catch {
            // The client sees that the connection ends without a word; the record tells that nothing was started.
            _exit(125)
        }
        _exit(0)
    }

    /// Connects to the supervisor of a running container; nil where there is none any more.
    static func connect(
        _ record: ContainerRecord, _ store: ContainerStore, _ hello: Frame.Hello
    ) throws(SystemError) -> SupervisorConnection? {
        guard let directory = try OwnedDescriptor.openPresent(store.directory(record.id), O_RDONLY | O_DIRECTORY)
        else { return nil }
        do throws(SystemError) {
            let socket = try LocalSocket.connect(ContainerStore.socketName, in: directory.number)
            try FrameSocket.send(.hello(hello), to: socket.number, waits: true)
            return SupervisorConnection(socket: socket, child: nil)
        } catch {
            // ECONNRESET: it closed its socket before it accepted us.
            if [ENOENT, ECONNREFUSED, EPIPE, ECONNRESET].contains(error.number) { return nil }
            throw error
        }
    }

    /// Sends a signal to the first process.
    func send(signal number: CInt) throws(SystemError) {
        try FrameSocket.send(.signal(number), to: socket.number, waits: true)
    }

    /// Has the container written into a directory, and waits until it is.
    func save(to directory: String) throws {
        try FrameSocket.send(.save(directory: directory), to: socket.number, waits: true)
        var buffer = [UInt8](repeating: 0, count: Frame.maximumSize)
        while let count = try FrameSocket.receive(from: socket.number, into: &buffer, waits: true), count > 0 {
            switch Frame(buffer[..<count]) {
            case .saved: return
            case .refused(let text): throw LaunchError(text, status: 1)
            default: break
            }
        }
        throw LaunchError("the container ended while it was written down", status: 1)
    }

    /// Tells that the container's record is written. A supervisor that is gone says so itself, by its silence.
    func tellRecorded() throws(SystemError) {
        do throws(SystemError) {
            try FrameSocket.send(.recorded, to: socket.number, waits: true)
        } catch {
            if error.number != EPIPE, error.number != ECONNRESET { throw error }
        }
    }

    /// Passes our streams and signals until the container ends or the user leaves.
    consuming func attach(
        _ options: Attachment.Options, _ signals: borrowing SignalDescriptor
    ) throws(SystemError) -> Attachment.Outcome {
        var attachment = Attachment(socket: socket.number, options)
        let outcome = try attachment.run(signals)
        // One that failed, or went without a word, is gone with us. One that has told the end still clears away.
        switch outcome {
        case .failed, .lost: if let child { waitFor(child) }
        case .exited, .detached: break
        }
        return outcome
    }

    private func waitFor(_ child: pid_t) {
        var status: CInt = 0
        while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
    }

    /// Waits until the container runs.
    ///
    /// - Returns: nil when it does.
    consuming func waitForStart() throws(SystemError) -> Attachment.Outcome? {
        var buffer = [UInt8](repeating: 0, count: 8192)
        while let count = try FrameSocket.receive(from: socket.number, into: &buffer, waits: true), count > 0 {
            switch Frame(buffer[..<count]) {
            case .started: return nil
            case .warning(let text): writeText("hull: warning: \(text)\n", to: STDERR_FILENO)
            case .failed(let status, let message):
                if let child { waitFor(child) }
                return .failed(status: status, message: message)
            default: break
            }
        }
        return .lost
    }

    /// Waits until the container has ended.
    ///
    /// - Returns: its exit code; nil where its supervisor is gone without a word.
    consuming func waitForEnd() throws(SystemError) -> Int32? {
        var buffer = [UInt8](repeating: 0, count: 8192)
        while let count = try FrameSocket.receive(from: socket.number, into: &buffer, waits: true), count > 0 {
            if case .exited(let code) = Frame(buffer[..<count]) { return code }
        }
        return nil
    }
}
