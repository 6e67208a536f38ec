import CLinux
import ContainerRuntime
import Glibc
import LinuxSystem

/// Looks after one container from its start to its end: makes it, passes its streams between it and its clients, writes
/// its log, and records how it ended. It is the only thing that its process does.
final class Supervisor {
    private let store: ContainerStore
    private let record: ContainerRecord
    private let sandbox: any Sandbox
    private var lock: SupervisorLock?
    private var clients: [Client]
    private var streams: WorkloadStreams
    private var listener: OwnedDescriptor?
    private var log: ContainerLog
    private var isRecorded: Bool
    private var buffer = [UInt8](repeating: 0, count: Frame.maximumSize)

    /// Clients at once, at most.
    private static let maximumClients = 64

    init(
        _ store: ContainerStore, _ record: ContainerRecord, _ sandbox: any Sandbox,
        lock: consuming SupervisorLock, client: consuming OwnedDescriptor, _ hello: Frame.Hello,
        awaitsRecord: Bool
    ) throws(SystemError) {
        self.store = store
        self.record = record
        self.sandbox = sandbox
        self.lock = consume lock
        isRecorded = !awaitsRecord
        clients = [Client(client, hello)]
        streams = try WorkloadStreams(terminal: record.terminal, interactive: record.interactive)
        log = ContainerLog(record, directory: store.directory(record.id))
    }

    /// Does all of it; returns when the container has ended and its clients know.
    func run() {
        do {
            try start()
        } catch {
            fail(error)
            return
        }
        do {
            try serve()
        } catch {
            log.problem = "\(error)"
            for client in clients { client.send(.warning(log.problem)) }
            sandbox.signal(SIGKILL)
        }
        end()
    }

    // MARK: Start

    private func start() throws {
        // Before anything is made: with the socket, a later command knows that a start was tried, should we be killed.
        let directory = try OwnedDescriptor.open(store.directory(record.id), O_RDONLY | O_DIRECTORY)
        _ = unsafe unlinkat(directory.number, ContainerStore.socketName, 0)
        listener = try LocalSocket.listen(ContainerStore.socketName, in: directory.number)
        try sandbox.create(streams: streams.standard)
        if let terminal = sandbox.takeTerminal() {
            try streams.take(terminal: terminal, interactive: record.interactive)
        }
        try waitForRecord()
        // Recorded before the workload runs: whatever happens to us from here on, it can be found and ended.
        if let running = sandbox.running { try store.write(.running(running), record.id) }
        try sandbox.start()
        RunTrace.mark(.started)
        streams.release()
        for note in sandbox.notes { for client in clients { client.send(.warning(note)) } }
        for client in clients {
            client.send(.started)
            if client.hello?.writesInput == true { streams.input?.admit(client) }
        }
        store.note("start", record)
    }

    /// A new container's record is written by our first client while we make the container. A container without one never
    /// runs.
    private func waitForRecord() throws {
        if isRecorded { return }
        isRecorded = try clients.first?.waitForRecord(&buffer) ?? false
        if !isRecorded { throw LaunchError("the command that makes the container was killed") }
    }

    /// Undoes a start that failed, and tells why.
    private func fail(_ error: any Error) {
        let status = ExitCode.of(error)
        if sandbox.running != nil {
            sandbox.signal(SIGKILL)
            // The first process has ended, or does now; how does not matter.
            _ = try? sandbox.exitCode()
        }
        for line in sandbox.delete() { for client in clients { client.send(.warning(line)) } }
        // The record says why it failed; without one the container never was.
        try? waitForRecord()
        recordEnd(
            Lifecycle.Exited(
                code: status, oomKilled: false, startedAt: 0, finishedAt: WallClock.now.nanoseconds,
                error: "\(error)"))
        for client in clients { client.send(.failed(status: status, message: "\(error)")) }
        leave()
        flush()
    }

    // MARK: While it runs

    /// Passes bytes and orders until the first process has ended.
    private func serve() throws {
        while true {
            clients.removeAll { client in
                if client.isGone { left(client) }
                return client.isGone
            }
            let isBehind = clients.contains { $0.isBehind }
            let outputs = isBehind ? [] : streams.outputs.filter(\.isOpen)
            var set = PollSet()
            sandbox.watch(&set)
            let connection = set.add(listener?.number ?? -1, CInt(POLLIN))
            let room = set.add(streams.input?.waiting ?? -1, CInt(POLLOUT))
            let firstOutput = set.count
            for output in outputs { set.add(output.number, CInt(POLLIN)) }
            let firstClient = set.count
            for client in clients {
                set.add(client.descriptor, CInt(POLLIN) | (client.isBehind ? CInt(POLLOUT) : 0))
            }
            _ = try set.wait(timeout: sandbox.patience)
            let hasEnded = try sandbox.advance(set)
            if set.isReady(room) { streams.input?.write() }
            for (place, output) in outputs.enumerated() where set.isReady(firstOutput + place) { pass(output) }
            for (place, client) in clients.enumerated() {
                if set.has(CInt(POLLOUT), at: firstClient + place) { client.flush() }
                if set.has(CInt(POLLIN | POLLHUP | POLLERR), at: firstClient + place) { obey(client) }
            }
            if set.isReady(connection) { accept() }
            if hasEnded { return }
        }
    }

    /// Passes on one packet of output.
    private func pass(_ output: WorkloadOutput) {
        guard let count = output.read(&buffer) else { return }
        log.append(buffer[1..<count], output.stream)
        for client in clients { client.sendOutput(buffer[..<count]) }
    }

    private func accept() {
        // A connection that is gone again, or for which there are no descriptors, is its client's loss alone.
        guard let number = listener?.number, let socket = try? LocalSocket.accept(number),
            let user = try? LocalSocket.peerUser(socket.number), user == 0 || user == geteuid(),
            clients.count < Self.maximumClients
        else { return }
        clients.append(Client(socket))
    }

    private func obey(_ client: Client) {
        guard let frame = client.receive(&buffer) else { return }
        switch frame {
        case .hello(let hello): if hello.writesInput { streams.input?.admit(client) }
        case .stdin(let bytes): streams.input?.append(bytes, from: client)
        case .stdinEnd: inputEnded()
        case .resize(let rows, let columns):
            guard let terminal = streams.terminal else { break }
            sandbox.resize(WindowSize(rows: rows, columns: columns), terminal: terminal)
        case .signal(let number): sandbox.signal(number)
        case .save(let directory): save(to: directory, client)
        case .saved, .refused, .recorded, .wantsInput, .stdout, .stderr, .started, .failed, .warning, .exited: break
        }
    }

    private func save(to directory: String, _ client: Client) {
        do {
            try sandbox.save(to: directory)
            client.send(.saved)
        } catch {
            client.send(.refused("\(error)"))
        }
    }

    private func left(_ client: Client) {
        if client.hello?.writesInput == true { inputEnded() }
    }

    private func inputEnded() {
        if record.closesInput, !record.terminal { streams.input?.end() }
    }

    // MARK: End

    /// Records the end, removes what is to be removed, and lets the clients have the rest of the output.
    private func end() {
        RunTrace.mark(.exited)
        let code = (try? sandbox.exitCode()) ?? 125
        let oomKilled = code != 0 && sandbox.ranOutOfMemory
        // The kernel has ended everything in the container's pid namespace, so all that was written is in the pipes.
        drain()
        if RunTrace.counts { RunTrace.count(workload: sandbox.countProcessorTime()) }
        // What runs elsewhere (--pid=host) and keeps a pipe open is ended now.
        for line in sandbox.delete() { for client in clients { client.send(.warning(line)) } }
        drain()
        log.finish()
        recordEnd(
            Lifecycle.Exited(
                code: code, oomKilled: oomKilled, startedAt: sandbox.running?.startedAt ?? 0,
                finishedAt: WallClock.now.nanoseconds, error: log.problem))
        for client in clients { client.send(.exited(code)) }
        leave()
        RunTrace.mark(.cleaned)
        flush()
    }

    /// Reads what is in the pipes now, into the log and the clients' queues: as much as pipes hold.
    private func drain() {
        for output in streams.outputs where output.isOpen {
            while let count = output.read(&buffer) {
                log.append(buffer[1..<count], output.stream)
                for client in clients { client.sendOutput(buffer[..<count]) }
            }
        }
    }

    /// Records the end: for whoever looks from now on the container has ended, or is gone.
    private func recordEnd(_ exited: Lifecycle.Exited) {
        if exited.startedAt != 0 { store.note("die", record, ["exitCode": "\(exited.code)"]) }
        do {
            if isRemoved { store.forget(record) } else { try store.write(.exited(exited), record.id) }
        } catch {
            for client in clients { client.send(.warning("\(error)")) }
        }
    }

    /// Whether nothing stays of the container.
    private var isRemoved: Bool { !isRecorded || record.removesItself }

    /// Gives the container back: nobody looks after it any more. Its clients have their answer, and do not wait for what
    /// is removed only now; whoever needs the container itself waits for its lock.
    private func leave() {
        sandbox.dismantle()
        if isRemoved {
            // What cannot be removed is removed by a later command, for it has no record.
            try? store.removeDirectory(record.id)
            if isRecorded { store.note("destroy", record) }
        } else {
            _ = unsafe unlink(store.directory(record.id) + "/" + ContainerStore.socketName)
        }
        listener = nil
        lock = nil
    }

    /// Waits until the clients have taken what waits for them.
    private func flush() {
        while true {
            clients.removeAll { $0.isGone || !$0.isBehind }
            if clients.isEmpty { return }
            var set = PollSet()
            for client in clients { set.add(client.descriptor, CInt(POLLOUT)) }
            // Whoever cannot even be waited for gets no more.
            guard let isReady = try? set.wait() else { return }
            if isReady { for (place, client) in clients.enumerated() where set.isReady(place) { client.flush() } }
        }
    }
}
