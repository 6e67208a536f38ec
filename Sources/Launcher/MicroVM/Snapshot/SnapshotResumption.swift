import Glibc
import LinuxSystem
import OCISpec

/// A new container that goes on from a snapshot: what of the old one it takes over, and what is its own.
struct SnapshotResumption: ~Copyable {
    private let name: String
    private let snapshot: OpenSnapshot
    private let options: RunOptions

    /// Opens and verifies a snapshot.
    init(_ name: String, _ options: RunOptions, _ store: ContainerStore) throws {
        let open = try SnapshotStore(root: store.root).open(name)
        let source = open.description.record
        if options.interactive, !source.interactive {
            throw UnusableOptions(
                "-i: the workload of snapshot \(name) was started without it, and has no standard input")
        }
        if options.terminal, !source.terminal {
            throw UnusableOptions("-t: the workload of snapshot \(name) was started without it, and has no terminal")
        }
        self.name = name
        snapshot = open
        self.options = options
    }

    /// The image and the layers that must stay in the store.
    var source: ContainerRecord { snapshot.description.record }

    /// Where the machine begins.
    var origin: MachineOrigin { .snapshot(name, digest: snapshot.description.machine.stateDigest) }

    /// The new container's record.
    func record(id: String, name: String) -> ContainerRecord {
        var record = source
        record.id = id
        record.name = name
        record.created = WallClock.now.nanoseconds
        record.closesInput = options.interactive && options.attachesInput
        record.removesItself = options.removesItself
        record.stopTimeout = options.stopTimeout
        record.labels.merge(options.labels) { _, new in new }
        record.logDriver = options.log.driver.rawValue
        record.logSize = options.log.maximumSize
        record.logFiles = options.log.maximumFiles
        return record
    }

    /// The new container's OCI configuration.
    func spec(_ record: ContainerRecord, directory: String, source old: String) -> Spec {
        var spec = snapshot.description.spec
        if let path = spec.linux?.cgroupsPath, let slash = path.lastIndex(of: "/") {
            spec.linux?.cgroupsPath = path[...slash] + record.id
        }
        spec.hostname = spec.hostname.map { renamed($0, record) }
        let environment = spec.process?.env
        spec.process?.env = environment?.map {
            $0 == "HOSTNAME=\(source.shortID)" ? "HOSTNAME=\(record.shortID)" : $0
        }
        spec.mounts = spec.mounts?.map { mount in
            var mount = mount
            if let path = mount.source, path.hasPrefix(old + "/") {
                mount.source = directory + path.dropFirst(old.count)
            }
            return mount
        }
        return spec
    }

    /// The files of its /etc.
    func files(_ record: ContainerRecord) -> [(name: String, content: String)] {
        snapshot.description.files.sorted { $0.key < $1.key }.map { name, content in
            let lines = content.split(separator: "\n", omittingEmptySubsequences: false).map { line in
                line.split(separator: "\t", omittingEmptySubsequences: false).map { renamed(String($0), record) }
                    .joined(separator: "\t")
            }
            return (name, lines.joined(separator: "\n"))
        }
    }

    /// A name that nobody chose is the start of the container's id.
    private func renamed(_ name: String, _ record: ContainerRecord) -> String {
        name == source.shortID ? record.shortID : name
    }

    /// The disk with the workload's changes, where it has one.
    func copyScratchDisk(to path: String) throws {
        do {
            try snapshot.copyScratchDisk(to: path)
        } catch {
            throw LaunchError("snapshot \(name) cannot be used: \(error)")
        }
    }

    /// What the machine is made of.
    func machineFiles(_ record: ContainerRecord, _ store: ContainerStore) throws -> MachineFiles {
        let path = SnapshotStore(root: store.root).path(name)
        return MachineFiles(
            kernel: nil, agentDisk: path + "/" + SnapshotStore.File.agentDisk,
            imageDisk: path + "/" + SnapshotStore.File.imageDisk,
            scratchDisk: snapshot.description.scratchDisk == nil ? nil : store.scratchDisk(record.id),
            monitor: try HelperProgram.path("hull-vmm", store.configuration),
            users: store.configuration.machineUsers)
    }
}
