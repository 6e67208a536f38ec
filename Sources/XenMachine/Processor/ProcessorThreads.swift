import KVM
import LinuxSystem
import MachineMonitor

/// Runs all processors of a guest to the machine's end: the first on the calling thread, each other on one of its own, which
/// waits until the kernel starts the processor.
final class ProcessorThreads: Sendable {
    // The machine goes before its memory does.
    let machine: KVMMachine
    let domain: XenDomain

    init(_ machine: consuming KVMMachine, _ domain: XenDomain) {
        self.machine = machine
        self.domain = domain
    }

    /// What they begin with.
    private struct Start: Sendable {
        let surroundings: ProcessorSurroundings
        /// Where they go on in a copy; nil: they begin.
        let state: XenMachineState?
        let confine: @Sendable () throws(MachineError) -> Void
    }

    /// - Parameters:
    ///   - first: the first processor, with its registers.
    ///   - state: a copy's, which was checked.
    func run(
        _ first: XenProcessor, from state: XenMachineState? = nil,
        confine: @escaping @Sendable () throws(MachineError) -> Void
    ) throws(MachineError) -> MachineEnd {
        runAll(first, Start(surroundings: first.surroundings, state: state, confine: confine), from: 1)
        return try domain.ending.result(first.console).get()
    }

    /// All threads are there before the first is shut in, for it then starts none.
    private func runAll(_ first: XenProcessor, _ start: Start, from index: Int) {
        guard index < domain.processors.count else {
            return end { () throws(MachineError) in
                try start.confine()
                return try finish(first)
            }
        }
        let thread: MachineThread
        do throws(SystemError) {
            thread = try MachineThread.start("processor-\(index)") { self.run(index, start) }
        } catch {
            return domain.ending.set(.failure(.system(error)))
        }
        runAll(first, start, from: index + 1)
        thread.join()
    }

    private func run(_ index: Int, _ start: Start) {
        end { () throws(MachineError) in
            try start.confine()
            let processor = try MachineError.system { () throws(SystemError) in
                try XenProcessor(domain, machine.makeVCPU(UInt32(index)), start.surroundings)
            }
            if let state = start.state { try processor.adopt(state.processors[index]) }
            return try finish(processor)
        }
    }

    private func finish(_ processor: XenProcessor) throws(MachineError) -> MachineEnd? {
        let end = try processor.run()
        let counters = try processor.finalCounters()
        domain.counters.withLock { $0.add(counters) }
        return end
    }

    /// Ends the machine where a processor did, or failed.
    private func end(_ run: () throws(MachineError) -> MachineEnd?) {
        do throws(MachineError) {
            if let end = try run() { domain.ending.set(.success(end)) }
        } catch {
            domain.ending.set(.failure(error))
        }
    }
}
