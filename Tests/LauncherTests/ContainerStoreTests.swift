import ContainerRuntime
import Glibc
import JSON
import LinuxSystem
import OCISpec
import Testing

@testable import Launcher

@Suite("The store of containers")
final class ContainerStoreTests {
    private let root: String
    private let store: ContainerStore

    init() throws {
        root = try temporaryDirectory()
        store = ContainerStore(root: root)
    }

    deinit {
        removeTree(root)
    }

    static func record(_ id: String, name: String, removesItself: Bool = false) -> ContainerRecord {
        ContainerRecord(
            id: id, name: name, created: 1, image: ContainerRecord.Image(id: "sha256:ab", name: "busybox"),
            layers: ["/l"], command: ["true"], isolation: "container", interactive: false, closesInput: false,
            terminal: false, removesItself: removesItself, stopSignal: 15, stopTimeout: 10, labels: ["a": "b"],
            logDriver: "json-file", logSize: nil, logFiles: 1, network: "none",
            seccomp: .builtin(capabilities: ["CAP_CHOWN"]), optionalLimits: [.swap], usesInit: false,
            privileged: false, machine: nil)
    }

    /// Makes a container as `create` does, and gives its lock up.
    private func make(_ name: String, removesItself: Bool = false) throws -> ContainerRecord {
        let id = RandomNames.id()
        let lock = try store.makeDirectory(id)
        #expect(try store.claimName(name, for: id))
        let record = Self.record(id, name: name, removesItself: removesItself)
        var spec = Spec()
        spec.process = Spec.Process(args: ["true"])
        try WholeFile.create(store.directory(id) + "/config.json", JSONValue.encode(spec).bytes())
        try WholeFile.create(store.directory(id) + "/record.json", JSONValue.encode(record).bytes())
        _ = consume lock
        return record
    }

    /// A first process that is gone.
    private func running(_ record: ContainerRecord) throws -> Lifecycle {
        let state = """
            {"id": "\(record.id)", "pid": 999999, "startTime": 1, "bundle": "/", "namespaces": ["pid"], "ociVersion": "1.2.0"}
            """
        let container = try JSONParser.parse(Array(state.utf8)).decode(ContainerState.self)
        return .running(Lifecycle.Running(container: container, supervisor: 999_998, startedAt: 5))
    }

    @Test("a container is found by name, by id, and by the start of its id")
    func find() throws {
        let record = try make("web")
        for text in ["web", record.id, String(record.id.prefix(6))] { #expect(try store.find(text) == record) }
        for text in ["", "we", "../web", record.id + "0", "nothing"] {
            #expect(throws: LaunchError.noSuchContainer(text)) { try store.find(text) }
        }
    }

    @Test("a name belongs to one container, until that is gone")
    func names() throws {
        let first = try make("web")
        let other = RandomNames.id()
        #expect(try !store.claimName("web", for: other))
        removeTree(store.directory(first.id))
        #expect(try store.claimName("web", for: other))
        #expect(try store.nameTarget("web") == other)
    }

    @Test("a container gets another name, and its old one is free")
    func rename() throws {
        let record = try make("old")
        _ = try make("taken")
        #expect(throws: LaunchError.self) { try store.rename(record, to: "taken") }
        try store.rename(record, to: "new")
        #expect(try store.find("new").id == record.id)
        #expect(throws: LaunchError.noSuchContainer("old")) { try store.find("old") }
    }

    @Test("a container whose supervisor was killed is told as ended, and its record stays")
    func reconcile() throws {
        let record = try make("web")
        try store.write(try running(record), record.id)
        let view = try store.view(named: "web")
        #expect(view.status == "exited")
        guard case .exited(let exited) = view.lifecycle else { return #expect(Bool(false), "it should have ended") }
        #expect(exited.code == 137)
        #expect(exited.error == "supervisor was killed")
        #expect(exited.startedAt == 5)
    }

    @Test("a start that was interrupted is told, and its socket goes")
    func interruptedStart() throws {
        let record = try make("web")
        let socket = store.directory(record.id) + "/" + ContainerStore.socketName
        try write("", to: socket)
        guard case .exited(let exited) = try store.view(named: "web").lifecycle else { throw FixtureError() }
        #expect(exited.code == 137)
        #expect(exited.startedAt == 0)
        #expect(access(socket, F_OK) != 0)
    }

    @Test("a container that was to remove itself is gone when its supervisor was killed")
    func reconcileRemoves() throws {
        let record = try make("web", removesItself: true)
        try store.write(try running(record), record.id)
        #expect(throws: LaunchError.noSuchContainer("web")) { try store.view(named: "web") }
        #expect(try WholeFile.names(in: root + "/containers").isEmpty)
        #expect(try WholeFile.names(in: root + "/names").isEmpty)
    }

    @Test("a container with a living supervisor is left alone")
    func living() throws {
        let record = try make("web")
        try store.write(try running(record), record.id)
        guard let lock = try SupervisorLock.take(store.directory(record.id), waits: false) else { throw FixtureError() }
        #expect(try store.view(named: "web").status == "running")
        _ = consume lock
    }

    @Test("a directory without a record is removed when nobody makes a container of it")
    func abandoned() throws {
        let id = RandomNames.id()
        let lock = try store.makeDirectory(id)
        #expect(try store.claimName("web", for: id))
        #expect(try store.all().isEmpty)
        #expect(try WholeFile.names(in: root + "/containers") == [id])
        _ = consume lock
        #expect(try store.all().isEmpty)
        #expect(try WholeFile.names(in: root + "/containers").isEmpty)
        #expect(try WholeFile.names(in: root + "/names").isEmpty)
    }

    @Test("only what does not run is removed without force")
    func remove() throws {
        let record = try make("web")
        try store.remove("web", force: false)
        #expect(throws: LaunchError.noSuchContainer("web")) { try store.find("web") }
        #expect(try store.record(record.id) == nil)
    }

    @Test("a start that failed shows as created, with its exit code")
    func failedStart() throws {
        let record = try make("web")
        let exited = Lifecycle.Exited(code: 127, oomKilled: false, startedAt: 0, finishedAt: 9, error: "not found")
        try store.write(.exited(exited), record.id)
        let view = try store.view(named: "web")
        #expect(view.status == "created")
        #expect(try ContainerLine(view, store).status == "Created")
        #expect(try store.waitForEnd("web") == 127)
    }

    @Test("inspect tells state and settings in Docker's form")
    func inspect() throws {
        let record = try make("web")
        let exited = Lifecycle.Exited(code: 3, oomKilled: false, startedAt: 1_000_000_000, finishedAt: 9, error: "")
        try store.write(.exited(exited), record.id)
        let json = try ContainerInspection("web", store, size: true).json
        #expect(json["Id"] == .string(record.id))
        #expect(json["Name"] == "/web")
        #expect(json["State"]?["Status"] == "exited")
        #expect(json["State"]?["ExitCode"] == 3)
        #expect(json["State"]?["StartedAt"] == "1970-01-01T00:00:01.000000000Z")
        #expect(json["Config"]?["Labels"]?["a"] == "b")
        #expect(json["Config"]?["StopSignal"] == "SIGTERM")
        #expect(json["HostConfig"]?["NetworkMode"] == "none")
        #expect(json["SizeRw"] == 0)
    }

    @Test("filters of one key are alternatives, and all keys must hold")
    func filters() throws {
        let record = try make("web")
        let view = try store.view(named: "web")
        func accepts(_ texts: String...) throws -> Bool { try ContainerFilter(texts, store).accepts(view) }
        #expect(try accepts("name=we", "label=a", "status=created", "ancestor=busybox"))
        #expect(try accepts("status=exited", "status=created"))
        #expect(try accepts("id=\(record.id.prefix(4))", "label=a=b", "ancestor=docker.io/library/busybox:latest"))
        #expect(try !accepts("name=we", "label=c"))
        #expect(try !accepts("exited=0"))
        #expect(throws: (any Error).self) { try accepts("colour=red") }
        #expect(throws: (any Error).self) { try accepts("status=asleep") }
    }
}
