import CLinux
import ContainerRuntime
import Glibc
import JSON
import LinuxSystem
import OCISpec

/// What one run is to do, from the file that is named as the only argument.
struct Scenario: Codable {
    /// The container.
    var id: String
    var spec: Spec
    var layers: [String]
    /// A directory for what the container needs besides.
    var scratch: String
    var useInit: Bool?
    var isVolatile: Bool?
    /// Whether the built-in filter is in force.
    var filter: Bool?
    /// A further process; the container is ended after it.
    var exec: Spec.Process?
    var privileged: Bool?
    /// What is prepared before the container is made of it.
    var prepared: Spec?
    /// Whether the container is paused and resumed before it is ended.
    var pause: Bool?
}

/// Makes a container as a supervisor does, and ends with its exit code, or with that of a further process. The tests
/// cannot do it themselves: who makes containers has one thread.
func run(_ scenario: Scenario) throws -> Int32 {
    for name in ["upper", "work", "rootfs"] { mkdir(scenario.scratch + "/" + name, 0o755) }
    var request = ContainerRequest(
        id: scenario.id, spec: scenario.spec,
        root: .overlay(
            lower: scenario.layers, upper: scenario.scratch + "/upper", work: scenario.scratch + "/work"),
        mountPoint: scenario.scratch + "/rootfs", bundle: scenario.scratch)
    request.useInit = scenario.useInit ?? false
    request.isVolatile = scenario.isVolatile ?? false
    request.seccompCache = scenario.scratch + "/seccomp"
    if scenario.filter == true {
        request.seccomp = .builtin(capabilities: scenario.spec.process?.capabilities?.bounding ?? [])
    }
    var container = try create(request, scenario)
    for note in container.notes { say("note: \(note)") }
    let terminal = container.takeTerminal()
    var ended: Int32?
    defer {
        if ended == nil {
            _ = linux_pidfd_send_signal(container.pidfd, SIGKILL)
            _ = wait(for: container.pid)
        }
        for line in RunningContainer.cleanUp(container.state) { say("left: \(line)") }
        for line in RunningContainer.cleanUp(container.state) { say("left again: \(line)") }
    }
    try container.start()
    if scenario.exec == nil && scenario.pause == nil {
        if let terminal { copy(terminal.number) }
        ended = wait(for: container.pid)
        return ended ?? 99
    }
    let running = try RunningContainer(state: container.state)
    if scenario.pause == true {
        try running.pause()
        say("paused: \(try running.isPaused())")
        do { _ = try running.exec(Spec.Process(args: ["true"])) } catch { say("exec: \(error)") }
        try running.resume()
        say("paused: \(try running.isPaused())")
    }
    guard let process = scenario.exec else { return 0 }
    var further = try running.exec(process, privileged: scenario.privileged ?? false)
    if let terminal = further.takeTerminal() { copy(terminal.number) }
    return wait(for: further.pid)
}

func create(_ request: ContainerRequest, _ scenario: Scenario) throws -> Container {
    guard let spec = scenario.prepared else { return try Container.create(request) }
    mkdir(scenario.scratch + "/stage", 0o755)
    var first = request
    first.spec = spec
    first.root = .directory(scenario.scratch + "/stage")
    let prepared = try PreparedContainer.create(first)
    let pid = prepared.pid
    let container = try prepared.complete(request)
    say(container.pid == pid ? "of the prepared one" : "from the start")
    return container
}

/// Writes at once: what a child of this process writes comes in between.
func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    write(1, bytes, bytes.count)
}

func copy(_ terminal: CInt) {
    var bytes = [UInt8](repeating: 0, count: 4096)
    while true {
        let count = read(terminal, &bytes, bytes.count)
        if count <= 0 { return }
        write(1, bytes, count)
    }
}

func wait(for process: pid_t) -> Int32 {
    var status: CInt = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    return linux_wait_signaled(status) != 0
        ? 128 + linux_wait_term_signal(status) : linux_wait_exit_status(status)
}

do {
    guard CommandLine.arguments.count == 2, let bytes = try WholeFile.read(CommandLine.arguments[1]) else {
        say("usage: container-driver SCENARIO")
        exit(99)
    }
    exit(try run(try JSONParser.parse(bytes).decode(Scenario.self)))
} catch {
    say("error: \(error)")
    exit((error as? RuntimeError)?.exitCode ?? 99)
}
