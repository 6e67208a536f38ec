import LinuxSystem
import Synchronization
import Testing

@testable import MachineMonitor

@Suite struct ProcessorGateTests {
    /// A thread that works as a processor's does, and counts.
    private final class Worker: Sendable {
        let kick: ProcessorKick
        let gate: ProcessorGate
        let count = Atomic<Int>(0)

        init() throws {
            kick = try ProcessorKick()
            gate = try ProcessorGate(kick)
        }

        func run() {
            kick.adopt()
            while !kick.isStopping {
                if gate.isClosed {
                    try? gate.stand { () throws(MachineError) in [UInt8(self.count.load(ordering: .relaxed) & 0xff)] }
                }
                count.add(1, ordering: .relaxed)
                try? kick.sleep(100_000) { gate.isClosed }
            }
            kick.release()
            gate.leave()
        }
    }

    @Test func aProcessorStandsStillUntilItIsLetGo() throws {
        let worker = try Worker()
        let thread = try MachineThread.start("processor") { worker.run() }
        for _ in 0..<50 {
            try worker.gate.close()
            let count = worker.count.load(ordering: .relaxed)
            #expect(try worker.gate.save() == [UInt8(count & 0xff)])
            #expect(try worker.gate.save() == [UInt8(count & 0xff)])
            #expect(worker.count.load(ordering: .relaxed) == count)
            worker.gate.open()
            while worker.count.load(ordering: .relaxed) == count {}
        }
        worker.kick.stop()
        thread.join()
        // Nobody waits for one that has ended.
        #expect(throws: MachineError.snapshot("the machine has ended")) { try worker.gate.close() }
    }

    @Test func aProcessorThatStandsStillCanBeEnded() throws {
        let worker = try Worker()
        let thread = try MachineThread.start("processor") { worker.run() }
        try worker.gate.close()
        worker.kick.stop()
        thread.join()
    }
}
