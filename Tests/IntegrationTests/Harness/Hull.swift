import Glibc
import JSON
import LinuxSystem
import Testing

/// Hull as a user has it, with a place of its own for images and containers.
final class Hull {
    /// Where a test may put files; images and containers are in `root` within it.
    let directory: String
    var root: String { directory + "/root" }
    /// The words with which a command begins.
    let program: [String]
    var environment: [String: String]

    /// - Parameters:
    ///   - program: how it is started, where that is not by its path alone.
    ///   - user: whose its directory is.
    init(program: [String]? = nil, user: uid_t = 0) throws {
        directory = Environment.temporaryDirectory("hull-test")
        self.program = program ?? [Environment.executables + "/hull"]
        for word in [self.program[0], self.program[self.program.count - 1]] where access(word, X_OK) != 0 {
            throw MissingProgram(name: word)
        }
        environment = [
            "HULL_ROOT": directory + "/root", "HOME": directory + "/home", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
        ]
        mkdir(directory + "/home", 0o700)
        for path in [directory, directory + "/home"] { chown(path, user, user) }
    }

    /// Starts a command and goes on.
    func start(_ arguments: [String], input: Child.Input = .bytes([])) throws -> Child {
        try Child(program + arguments, environment: environment, input: input)
    }

    /// Starts a command on a terminal and goes on.
    func start(_ arguments: [String], on terminal: Pseudoterminal) throws -> Child {
        try Child(program + arguments, environment: environment, terminal: terminal)
    }

    /// Runs a command to its end, whatever that is.
    func run(_ arguments: String..., input: [UInt8] = [], seconds: Double = 60) throws -> Outcome {
        try start(arguments, input: .bytes(input)).finish(seconds: seconds)
    }

    /// Runs a command that must succeed, and gives what it printed without the last newline.
    @discardableResult
    func expect(
        _ arguments: String..., input: String = "", sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String {
        let outcome = try start(arguments, input: .bytes(Array(input.utf8))).finish()
        try #require(outcome.status == 0, "\(outcome)", sourceLocation: sourceLocation)
        return outcome.output
    }

    /// Runs a command that must fail with a status and one line that contains a text.
    func expectFailure(
        _ arguments: String..., status: CInt, says text: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = try start(arguments).finish()
        #expect(outcome.status == status, "\(outcome)", sourceLocation: sourceLocation)
        #expect(outcome.errors.contains(text), "\(outcome)", sourceLocation: sourceLocation)
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome)", sourceLocation: sourceLocation)
    }

    /// A file in the test's directory.
    @discardableResult
    func file(_ name: String, _ contents: String, mode: mode_t = 0o644) throws -> String {
        let path = directory + "/" + name
        let file = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
        try WholeFile.write(Array(contents.utf8), to: file.number, path)
        return path
    }

    /// Runs a shell script that has hull's path as $0 and the test's directory as $1.
    func script(_ text: String) throws -> Outcome {
        try Child(["/bin/sh", "-c", text, program[0], directory], environment: environment).finish(seconds: 120)
    }

    /// Whether a container's log contains a text, soon.
    func logsContain(_ name: String, _ text: String) -> Bool {
        (try? Clock.wait(seconds: 10) { try run("logs", name).output.contains(text) }) ?? false
    }

    /// What a file of a container's control group says, in the hierarchy of a controller (cgroups(7)).
    func limit(_ name: String, _ controller: String, _ file: String) -> String? {
        guard case .integer(let pid) = try? inspect(name, "State", "Pid") else { return nil }
        for line in HostSnapshot.text("/proc/\(pid)/cgroup").split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let isUnified = fields[0] == "0" && access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0
            guard isUnified || fields[1].split(separator: ",").contains(Substring(controller)) else { continue }
            let text = HostSnapshot.text("/sys/fs/cgroup/\(isUnified ? "" : controller)/\(fields[2])/\(file)")
            return text.isEmpty ? nil : String(text.dropLast())
        }
        return nil
    }

    /// One field of a container or an image, by keys and indices, as `hull inspect` tells it.
    func inspect(_ name: String, _ path: String...) throws -> JSONValue? {
        var value: JSONValue? = try run("inspect", name).json().arrayValue?.first
        for key in path { value = value?[key] }
        return value
    }
}

/// Runs a test with a Hull of its own, and then sees to it that nothing is left on the host: containers are removed
/// first, for a test need not do that itself.
func withHull(
    busybox: Bool = true, by program: [String]? = nil, of user: uid_t = 0,
    sourceLocation: SourceLocation = #_sourceLocation, _ body: (Hull) throws -> Void
) throws {
    // What is shared is made before anything is compared.
    let archive = TestImages.busybox
    let before = HostSnapshot.take()
    let hull = try Hull(program: program, user: user)
    if busybox { try hull.expect("import", "-c", "CMD [\"sh\"]", archive, "busybox") }
    do {
        try body(hull)
    } catch {
        Issue.record(error, sourceLocation: sourceLocation)
    }
    hull.removeContainers()
    var left: [String] = []
    // What is killed takes a moment to go, and a supervisor that ends meanwhile still writes its last event here.
    _ = Clock.wait(seconds: 5) {
        if access(hull.directory, F_OK) == 0 { Environment.removeTree(hull.directory) }
        left = HostSnapshot.take().leftovers(since: before)
        return left.isEmpty
    }
    #expect(left.isEmpty, "left on the host: \(left.joined(separator: "; "))", sourceLocation: sourceLocation)
}

extension Hull {
    fileprivate func removeContainers() {
        guard access(root + "/containers", F_OK) == 0 else { return }
        for id in HostSnapshot.names(root + "/containers") where !id.hasPrefix(".") {
            do { try expect("rm", "-f", id) } catch { Issue.record(error) }
        }
    }
}
