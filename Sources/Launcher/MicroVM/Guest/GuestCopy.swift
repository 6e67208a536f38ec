import AgentProtocol
import Glibc
import LinuxSystem

/// `hull cp` for a micro-VM that runs: trees go over the agent's protocol, a connection a tree. Names from the guest are not
/// trusted (`TreeWriter`).
public struct GuestCopy {
    private let directory: String
    private let name: String
    private let options: TreeCopier.Options

    /// The one request of a connection.
    private static let request: UInt32 = 1

    /// - Returns: nil for a container on the host's kernel.
    /// - Throws: where the micro-VM does not run.
    public init?(_ name: String, _ store: ContainerStore, _ options: TreeCopier.Options) throws {
        let view = try store.view(named: name)
        guard view.record.isMachine else { return nil }
        guard view.running != nil else {
            throw LaunchError("files of the micro-VM \(view.record.name) can be copied while it runs only", status: 1)
        }
        if view.isPaused { throw LaunchError("container \(view.record.name) is paused: unpause it first", status: 1) }
        directory = store.directory(view.record.id)
        self.name = view.record.name
        self.options = options
    }

    /// Copies a path of the guest to one of the host.
    public func copyOut(_ path: String, to target: String) throws {
        let source = CopyPlace(guest: path)
        let target = CopyPlace(host: target)
        let follows = options.followsLink || source.saysDirectory
        let visit = try begin(source.trimmed, followsLink: follows, shown: source.path)
        let (place, name) = try CopyRules.target(of: source, visit.root.fileKind, target) { try target.kind($0) }
        let directory = try target.open(place, O_RDONLY | O_DIRECTORY)
        let owner = options.keepsOwners ? nil : (user: geteuid(), group: getegid())
        let writer: TreeWriter
        if let name {
            writer = try TreeWriter(in: directory, name: name, owner: owner)
            try writer.take(visit.root)
        } else {
            writer = try TreeWriter(into: directory, owner: owner)
        }
        try Self.receive(visit.visit, writer)
    }

    /// Copies a path of the host to one of the guest.
    public func copyIn(_ path: String, to target: String) throws {
        let source = CopyPlace(host: path)
        let target = CopyPlace(guest: target)
        let follows = options.followsLink || source.saysDirectory
        let place: OwnedDescriptor
        do throws(SystemError) {
            place = try source.open(source.trimmed, O_PATH | (follows ? 0 : O_NOFOLLOW))
        } catch {
            if error.number == ENOENT { throw CopyError("\(source.path): no such file or directory") }
            throw error
        }
        let kind = try FileStatus.of(place.number, source.path).st_mode & S_IFMT
        let (directory, name) = try CopyRules.target(of: source, kind, target, look)
        let path = name.map { directory == "/" ? "/" + $0 : directory + "/" + $0 } ?? directory
        let visit = try GuestVisit(directory: self.directory, name: self.name)
        visit.connection.send(.copyIn(request: Self.request, path: path))
        // The root of the guest's file system is there, and has no name of its own.
        try send(TreeReader(place, skipsRoot: path == "/"), visit)
    }

    /// The kind of file that a path of the guest is, links followed; nil where there is none.
    private func look(_ path: String) throws -> mode_t? {
        do {
            return try begin(path, followsLink: true, shown: path).root.fileKind
        } catch is CopyError {
            return nil
        }
    }

    /// Asks for a tree, and takes its root's entry.
    private func begin(
        _ path: String, followsLink: Bool, shown: String
    ) throws -> (visit: GuestVisit, root: CopyEntry) {
        let visit = try GuestVisit(directory: directory, name: name)
        visit.connection.send(.copyOut(request: Self.request, path: path, followsLink: followsLink))
        while true {
            switch try visit.next() {
            case .copyEntry(Self.request, let entry):
                guard entry.name.isEmpty else { throw CopyError("the guest sent no tree") }
                return (visit, entry)
            case .refused(Self.request, let text):
                throw CopyError("\(InvalidOption.shown(shown)): \(GuestText.shown(text))")
            case .done: throw CopyError("the guest sent no tree")
            default: continue
            }
        }
    }

    private static func receive(_ visit: GuestVisit, _ writer: TreeWriter) throws {
        var credit = ReceiveCredit()
        while true {
            switch try visit.next() {
            case .copyEntry(request, let entry): try writer.take(entry)
            case .copyData(request, let bytes):
                guard credit.receive(bytes.count) else { throw CopyError("the guest sent more than it may") }
                try writer.take(bytes)
                if let more = credit.take(bytes.count) {
                    visit.connection.send(.copyCredit(request: request, bytes: more))
                }
            case .done(request): return try writer.finish()
            case .refused(request, let text): throw CopyError(GuestText.shown(text))
            default: continue
            }
        }
    }

    private func send(_ reader: TreeReader, _ visit: GuestVisit) throws {
        var credit = SendCredit()
        /// Takes one message; whether it was the end.
        func listen() throws -> Bool {
            switch try visit.next() {
            case .copyCredit(Self.request, let bytes): credit.grant(bytes)
            case .refused(Self.request, let text): throw CopyError(GuestText.shown(text))
            case .done(Self.request): return true
            default: break
            }
            return false
        }
        while true {
            while credit.available == 0 { _ = try listen() }
            switch try reader.next(limit: credit.allowed(AgentLimits.data)) {
            case .entry(var entry):
                if !options.keepsOwners { (entry.user, entry.group) = (0, 0) }
                visit.connection.send(.copyEntry(request: Self.request, entry))
            case .data(let bytes):
                credit.spend(bytes.count)
                visit.connection.send(.copyData(request: Self.request, bytes: bytes))
            case nil:
                visit.connection.send(.copyEnd(request: Self.request))
                while try !listen() {}
                return
            }
            try visit.makeRoom()
        }
    }
}

extension CopyEntry {
    /// The kind in the form of stat(2).
    fileprivate var fileKind: mode_t {
        switch kind {
        case .file: S_IFREG
        case .directory: S_IFDIR
        case .symbolicLink: S_IFLNK
        }
    }
}
