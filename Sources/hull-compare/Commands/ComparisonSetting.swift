import CommandLineOptions
import Comparison
import Glibc
import Launcher
import LinuxSystem

/// The sides of a comparison, and what they share.
final class ComparisonSetting {
    private let plan: ComparePlan
    private let globals: [String]
    private let store: ContainerStore
    private let version: String
    private let peers: PeerRoot?
    private var images: WorkloadImage
    private var sides: [any RunnableSide] = []
    private var leftOut: [ComparisonResult.LeftOut] = []

    init(_ arguments: Arguments, _ plan: ComparePlan) throws {
        self.plan = plan
        globals = ["--root", "--config"].flatMap { name in arguments.global(name).map { [name, $0] } ?? [] }
        let surroundings = try Surroundings.current()
        let configuration = try Configuration.load(chosen: arguments.global("--config"), surroundings)
        store = ContainerStore(
            root: try configuration.store(option: arguments.global("--root"), surroundings, uid: geteuid()).path)
        images = WorkloadImage(globals: globals, root: store.root)
        version =
            try CommandOutput.of(hullPath, ["version", "--short"]).firstLine
            .split(separator: " ").last.map(String.init) ?? "unknown"
        if !plan.peers.isEmpty, geteuid() != 0 {
            throw UsageError("--against needs root: it mounts the image for others")
        }
        if plan.peers.isEmpty {
            peers = nil
        } else {
            let kernels = try GuestKernel.all(root: store.root, configuration, surroundings.environment)
            peers = try PeerRoot(
                globals: globals, store: store, guestKernel: kernels.first(where: \.isDefault)?.path)
        }
        for side in plan.sides {
            sides.append(HullSide(name: side.name, version: version, globals: globals, options: side.options))
        }
        try takePeers()
    }

    /// Takes those of the peers that can take part, and says why others cannot.
    private func takePeers() throws {
        for name in plan.peers {
            do throws(PeerFailure) {
                sides.append(try peer(name))
            } catch {
                leftOut.append(ComparisonResult.LeftOut(name: name, reason: error.description))
                writeToStandardError("hull: \(name) is left out: \(error)\n")
            }
        }
        if sides.count < 2 { throw UsageError("there is only one side left to compare") }
    }

    private func peer(_ name: String) throws(PeerFailure) -> any RunnableSide {
        guard let path = ChildProgram.find(Peers.program(name)), let peers else {
            throw PeerFailure(description: "\(Peers.program(name)) is not installed, or not in PATH")
        }
        return try Peers.make(name, path: path, peers)
    }

    /// Measures the workloads.
    func run(_ workloads: [PlannedWorkload], title: String, options: [String]) throws -> ComparisonResult {
        let session = try ComparisonSession(sides, plan, Progress())
        let host = HostReading()
        var result = ComparisonResult(
            title: title, began: WallClock.now.rfc3339, seed: plan.seed,
            settings: ComparisonResult.Settings(
                rounds: plan.rule.rounds, time: plan.rule.time, warmups: plan.warmups, precision: plan.rule.precision,
                options: options),
            environment: host.environment(hull: version), sides: [])
        result.leftOut = leftOut.isEmpty ? nil : leftOut
        for workload in workloads {
            let digest = try imageDigest(workload)
            var workload = workload
            if WorkloadImage.isNeeded(by: workload.command) {
                workload.image = try images.reference(for: workload.image)
            }
            try peers?.prepare(workload)
            for side in sides { try side.prepare(workload) }
            if result.sides.isEmpty { result.sides = sides.map(\.description) }
            result.workloads.append(try session.measure(workload, digest: digest))
            if session.isInterrupted { break }
        }
        result.environment = host.environment(hull: version)
        return result
    }

    /// The digest of a workload's image, which is pulled where it is missing.
    private func imageDigest(_ workload: PlannedWorkload) throws -> String {
        let created = try CommandOutput.of(
            hullPath,
            globals + ["create", "--isolation=container"] + workload.options + [workload.image] + workload.command)
        guard created.status == 0 else { throw CommandFailure(created.complaint, status: 125) }
        let record = try store.view(named: created.firstLine).record
        _ = try CommandOutput.of(hullPath, globals + ["rm", record.id])
        return record.image.id
    }

    /// Removes what the sides made.
    func cleanUp() {
        for side in sides { side.cleanUp() }
        peers?.cleanUp()
        images.cleanUp()
    }
}
