import Comparison
import CLinux
import Glibc
import Launcher
import LinuxSystem

/// One run, while it is measured.
struct RunMeasurement {
    /// What a run came to.
    struct Outcome {
        var exitCode: Int
        var output: Run.Output
        var errors: Run.Output
        var measurements: Measurements
        var marks: [Run.Mark]
        var counters: [String: Double]
    }

    /// Somebody pressed Ctrl-C, or sent SIGTERM.
    struct Interruption: Error {}

    /// How long processes that a side leaves behind may take to end, in nanoseconds.
    private static let patience: Int64 = 10_000_000_000
    /// The number that the pipe for marks has in a side's process.
    private static let traceDescriptor: CInt = 3

    /// Runs a command to its end.
    ///
    /// - Parameters:
    ///   - command: an absolute path and its arguments.
    ///   - input: what it gets as standard input.
    ///   - signals: readable where the user wants to stop.
    ///   - reports: whether the command tells the time of an operation itself.
    ///   - sampler: looks at memory while the command runs, and has it count, which slows it down; nil for a run that is
    ///     timed.
    ///   - end: ends the run and removes what it left; called where it is interrupted.
    /// - Throws: `Interruption` when nothing is left of the run.
    static func run(
        _ command: [String], input: borrowing OwnedDescriptor, signals: borrowing SignalDescriptor, reports: Bool,
        sampler: inout MemorySampler?, end: () -> Void
    ) throws -> Outcome {
        let outputPipe = try Pipe()
        let errorPipe = try Pipe()
        let tracePipe = try Pipe()
        let trace =
            "\(RunTrace.variable)=\(traceDescriptor)\(sampler == nil ? "" : RunTrace.countersSuffix)"
        let environment = try ownEnvironment().filter { !$0.hasPrefix(RunTrace.variable + "=") } + [trace]
        let began = monotonicNow()
        let child = try ChildProgram.spawn(
            command[0], Array(command.dropFirst()),
            descriptors: [
                (0, input.number), (1, outputPipe.write.number), (2, errorPipe.write.number),
                (traceDescriptor, tracePipe.write.number),
            ], environment: environment, ownGroup: true)
        var output = try OutputReader(outputPipe.read)
        var errors = try OutputReader(errorPipe.read)
        var marks = try TraceReader(tracePipe.read)
        OwnedDescriptor.close(outputPipe.write)
        OwnedDescriptor.close(errorPipe.write)
        OwnedDescriptor.close(tracePipe.write)
        let ending = OwnedDescriptor(
            owning: try systemCall("pidfd_open", command[0]) { linux_pidfd_open(child.process, 0) })

        var tree = ProcessTree(child: child.process)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var ended: Int64?
        while true {
            var set = PollSet()
            let order = set.add(signals.number, CInt(POLLIN))
            let written = set.add(output.descriptor, CInt(POLLIN))
            let complained = set.add(errors.descriptor, CInt(POLLIN))
            let marked = set.add(marks.descriptor, CInt(POLLIN))
            let over = set.add(ended == nil ? ending.number : -1, CInt(POLLIN))
            // After the command's end we only wait for what it left behind, whose end shows in no descriptor.
            let isReady = try set.wait(timeout: ended != nil ? 1 : sampler == nil ? -1 : MemorySampler.interval)
            sampler?.sample()
            let now = monotonicNow()
            if isReady {
                if set.isReady(over) { ended = now }
                if set.isReady(written) { output.read(&buffer) }
                if set.isReady(complained) { errors.read(&buffer) }
                if set.isReady(marked) { marks.read(&buffer) }
                if set.isReady(order), signals.next() != nil {
                    end()
                    try abandon(child, &tree)
                    throw Interruption()
                }
            }
            guard let ended else { continue }
            if !tree.reap() || now - ended > patience { break }
        }
        let settled = monotonicNow()
        output.read(&buffer)
        errors.read(&buffer)
        marks.read(&buffer)
        let (reported, text) = reports ? output.finishReported() : (nil, output.finish())
        var outcome = outcome(
            tree, began: began, ended: ended ?? began, settled: settled, firstByte: output.firstByte, marks.marks, text,
            errors.finish(), counters: marks.counters)
        outcome.measurements[.reported] = reported
        return outcome
    }

    /// Ends a side's command and waits for what it leaves.
    private static func abandon(_ child: ChildProgram, _ tree: inout ProcessTree) throws(SystemError) {
        if tree.status == nil { kill(child.process, SIGKILL) }
        let began = monotonicNow()
        while tree.reap(), monotonicNow() - began < patience { usleep(1000) }
    }

    private static func outcome(
        _ tree: ProcessTree, began: Int64, ended: Int64, settled: Int64, firstByte: Int64?,
        _ marks: [(name: Moment, at: Int64)],
        _ output: Run.Output, _ errors: Run.Output, counters: [String: Double]
    ) -> Outcome {
        var measurements = Measurements()
        measurements[.wall] = Double(ended - began)
        measurements[.settled] = Double(settled - began)
        measurements[.cpu] = Double(tree.processorTime)
        measurements[.pageFaults] = Double(tree.faults)
        measurements[.readBytes] = Double(tree.readBytes)
        measurements[.writtenBytes] = Double(tree.writtenBytes)
        measurements[.workloadCpu] = counters[CounterName.workload]
        measurements[.exits] = counters[CounterName.exits]
        measurements[.hypercalls] = counters[CounterName.hypercalls]
        measurements[.interpreted] = counters[CounterName.interpreted]
        var moments = marks.filter { $0.at >= began }.map { Run.Mark($0.name, at: Double($0.at - began)) }
        if let firstByte { moments.append(Run.Mark(.firstByte, at: Double(firstByte - began))) }
        moments.append(Run.Mark(.ended, at: Double(ended - began)))
        return Outcome(
            exitCode: tree.exitCode, output: output, errors: errors, measurements: measurements,
            marks: moments.sorted { $0.at < $1.at }, counters: counters)
    }

    /// Counters that are metrics, too: the supervisor's, and those of hull-vmm and of KVM (KVM_GET_STATS_FD).
    private enum CounterName {
        static let workload = "workloadCpu"
        static let exits = "kvm.exits"
        static let hypercalls = "hypercalls"
        static let interpreted = "kvm.insn_emulation"
    }

    /// Our environment, as `NAME=value`.
    private static func ownEnvironment() throws(SystemError) -> [String] {
        let bytes = try WholeFile.read("/proc/self/environ") ?? []
        return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
}
