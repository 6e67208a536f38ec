import CLinux
import CommandLineOptions
import ContainerRuntime
import Glibc
import ImageStore
import JSON
import LinuxSystem
import OCISpec

/// Makes containers: `create`, and the first half of `run`.
public struct ContainerCreation {
    private let store: ContainerStore
    private let configuration: Configuration
    private let host: HostFacts

    /// Works in a store, with the settings of configuration files.
    public init(_ store: ContainerStore, _ configuration: Configuration, _ host: HostFacts) {
        self.store = store
        self.configuration = configuration
        self.host = host
    }

    /// Makes a container without starting it.
    ///
    /// - Parameter warn: is told what the user should know, a line each.
    public func create(_ options: RunOptions, warn: (String) -> Void) throws -> ContainerRecord {
        let new = try prepare(options, warn: warn)
        let record = new.record
        let documents = new.documents
        do {
            try documents.write()
        } catch {
            abandon(record, options)
            throw error
        }
        return record
    }

    /// Makes everything of a container but its record: its directory, its name, its files, its OCI configuration. To start
    /// it is to write the record, too.
    ///
    /// - Parameter warn: is told what the user should know, a line each.
    public func prepare(_ options: RunOptions, warn: (String) -> Void) throws -> NewContainer {
        // Told before anything is made or pulled.
        if options.isolation.resolved == .vm { _ = try MachineHost.openKVM() }
        if let name = options.snapshot { return try resume(name, options) }
        let provision = try provide(options)
        RunTrace.mark(.image)
        let place = try claim(options)
        let (id, name) = (place.id, place.name)
        do {
            return try fill(options, provision, place, warn)
        } catch {
            giveBack(id, name)
            throw error
        }
    }

    /// Makes a container that goes on from a snapshot.
    private func resume(_ snapshot: String, _ options: RunOptions) throws -> NewContainer {
        let hold = try ImageStore(root: store.root).hold()
        let resumption = try SnapshotResumption(snapshot, options, store)
        let place = try claim(options)
        let (id, name) = (place.id, place.name)
        do {
            return try fill(options, resumption, hold, place)
        } catch {
            giveBack(id, name)
            throw error
        }
    }

    private func abandon(_ record: ContainerRecord, _ options: RunOptions) {
        if let path = options.idFile { _ = unsafe unlink(path) }
        giveBack(record.id, record.name)
    }

    /// The decisions for a container that is not made. An image that is not in the store is not pulled.
    public func explain(_ options: RunOptions, _ arguments: Arguments) throws -> Explanation {
        var result: SpecBuilder.Result?
        let images = try ImageStore(root: store.root)
        if let image = try? images.resolve(options.image, platform: options.platform),
            let layers = try? images.layerDirectories(image)
        {
            let id = RandomNames.id()
            result = try builder(options, image, layers, id: id, name: options.name ?? "").build()
        }
        return Explanation(options, arguments, configuration, result: result)
    }

    // MARK: Image

    /// An image that is in the store and stays there.
    private struct Provision: ~Copyable {
        let image: StoredImage
        let layers: [String]
        let hold: ContentHold
    }

    private func provide(_ options: RunOptions) throws -> Provision {
        let images = try ImageStore(root: store.root)
        if options.pull != .always {
            let hold = try images.hold()
            // Whatever is wrong with what is here, the other way finds it again and tells.
            if let image = try? images.resolve(options.image, platform: options.platform),
                let layers = try? images.layerDirectories(image)
            {
                return Provision(image: image, layers: layers, hold: hold)
            }
        }
        let puller = ImagePuller(root: store.root, configuration: configuration, isQuiet: options.quiet)
        let image = try puller.provide(options.image, policy: options.pull, platform: options.platform)
        let hold = try images.hold()
        return Provision(image: image, layers: try images.layerDirectories(image), hold: hold)
    }

    // MARK: Name

    /// The directory of a new container, locked, and the name that it has.
    private struct Place: ~Copyable {
        let id: String
        let name: String
        let lock: SupervisorLock
    }

    private func claim(_ options: RunOptions) throws -> Place {
        let id = RandomNames.id()
        let lock = try store.makeDirectory(id)
        do {
            return Place(id: id, name: try claimName(options.name, id), lock: lock)
        } catch {
            giveBack(id, nil)
            throw error
        }
    }

    private func giveBack(_ id: String, _ name: String?) {
        if let name { store.releaseName(name, of: id) }
        // What cannot be removed now is removed by a later command, for it has no record.
        try? store.removeDirectory(id)
    }

    private func claimName(_ given: String?, _ id: String) throws -> String {
        if let given {
            if try store.claimName(given, for: id) { return given }
            let holder = try store.nameTarget(given).map { " by container \($0.prefix(12))" } ?? ""
            throw LaunchError("the name \(given) is in use\(holder): remove or rename it, or choose another name")
        }
        for attempt in 0..<1000 {
            let name = RandomNames.name(attempt: attempt)
            if try store.claimName(name, for: id) { return name }
        }
        throw LaunchError("no name is left: give one with --name")
    }

    // MARK: Files

    private func builder(
        _ options: RunOptions, _ image: StoredImage, _ layers: [String], id: String, name: String
    ) -> SpecBuilder {
        let store = store
        return SpecBuilder(
            options: options, image: image.configuration,
            container: SpecBuilder.Container(id: id, name: name, directory: store.directory(id), layers: layers),
            host: options.isolation.resolved == .vm ? host.asSeenByGuest : host,
            findProcess: { name in
                let view = try store.view(named: name)
                guard let running = view.running else { throw LaunchError.notRunning(name) }
                return running.container.pid
            })
    }

    private func fill(
        _ options: RunOptions, _ provision: consuming Provision, _ place: consuming Place, _ warn: (String) -> Void
    ) throws -> NewContainer {
        let (id, name) = (place.id, place.name)
        let image = provision.image
        var result = try builder(options, image, provision.layers, id: id, name: name).build()
        for warning in result.warnings { warn(warning) }
        if options.terminal, let size = WindowSize(of: STDIN_FILENO) ?? WindowSize(of: STDOUT_FILENO) {
            result.spec.process?.consoleSize = Spec.ConsoleSize(height: size.rows, width: size.columns)
        }
        let record = ContainerRecord(
            id: id, name: name, created: WallClock.now.nanoseconds,
            image: ContainerRecord.Image(id: image.id.description, name: options.image), layers: provision.layers,
            command: options.command, isolation: options.isolation.resolved.rawValue, interactive: options.interactive,
            closesInput: options.interactive && options.attachesInput, terminal: options.terminal,
            removesItself: options.removesItself, stopSignal: result.stopSignal, stopTimeout: options.stopTimeout,
            labels: result.labels, logDriver: options.log.driver.rawValue, logSize: options.log.maximumSize,
            logFiles: options.log.maximumFiles, network: options.network.mode.rawValue, seccomp: result.seccomp,
            optionalLimits: Array(result.optionalLimits), usesInit: options.process.usesInit,
            privileged: options.security.privileged, machine: options.machine)
        let machine = record.isMachine ? try store.machineFiles(record) : nil
        try makeFiles(record, result.spec, result.files)
        if let size = options.machine?.storageSize { try ScratchDisk.make(store.scratchDisk(id), size: size) }
        if let path = result.spec.linux?.cgroupsPath { try place.lock.note(controlGroup: path) }
        if let path = options.idFile { try writeID(id, to: path) }
        return NewContainer(
            prepared: PreparedContainer(
                record: record, spec: result.spec, lock: place.lock, awaitsRecord: true, machine: machine,
                origin: try store.origin(record, result.spec, machine)),
            documents: ContainerDocuments(record: record, spec: result.spec, store: store, hold: provision.hold))
    }

    private func fill(
        _ options: RunOptions, _ resumption: borrowing SnapshotResumption, _ hold: consuming ContentHold,
        _ place: consuming Place
    ) throws -> NewContainer {
        let id = place.id
        let record = resumption.record(id: id, name: place.name)
        let spec = resumption.spec(
            record, directory: store.directory(id), source: store.directory(resumption.source.id))
        try makeFiles(record, spec, resumption.files(record))
        try resumption.copyScratchDisk(to: store.scratchDisk(id))
        if let path = spec.linux?.cgroupsPath { try place.lock.note(controlGroup: path) }
        if let path = options.idFile { try writeID(id, to: path) }
        return NewContainer(
            prepared: PreparedContainer(
                record: record, spec: spec, lock: place.lock, awaitsRecord: true,
                machine: try resumption.machineFiles(record, store), origin: resumption.origin),
            documents: ContainerDocuments(record: record, spec: spec, store: store, hold: hold))
    }

    private func makeFiles(
        _ record: ContainerRecord, _ spec: Spec, _ files: [(name: String, content: String)]
    ) throws {
        let directory = try OwnedDescriptor.open(store.directory(record.id), O_RDONLY | O_DIRECTORY)
        try makeRootFilesystem(in: directory.number, spec)
        for file in files {
            try WholeFile.create(file.name, at: directory.number, Array(file.content.utf8), mode: 0o644)
        }
    }

    /// The overlay's writable side, and where it is mounted. The writable side's top is the container's `/`: it belongs
    /// to the container's root.
    private func makeRootFilesystem(in directory: CInt, _ spec: Spec) throws(SystemError) {
        for (name, mode) in [("upper", 0o755), ("work", 0o700), ("rootfs", 0o755)] as [(String, mode_t)] {
            try systemCall("mkdir", name) { unsafe mkdirat(directory, name, mode) }
        }
        guard !host.isRootless, let user = spec.linux?.uidMappings?.first(where: { $0.containerID == 0 }),
            let group = spec.linux?.gidMappings?.first(where: { $0.containerID == 0 })
        else { return }
        for name in ["upper", "work"] {
            try systemCall("chown", name) { unsafe fchownat(directory, name, user.hostID, group.hostID, 0) }
        }
    }

    private func writeID(_ id: String, to path: String) throws {
        do throws(SystemError) {
            try WholeFile.create(path, Array(id.utf8), mode: 0o644)
        } catch {
            if error.number == EEXIST {
                throw LaunchError(
                    "the file \(InvalidOption.shown(path)) of --cidfile is there already: remove it first")
            }
            throw error
        }
    }
}
