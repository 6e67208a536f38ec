import CGuestMonitor
import GuestMemory
import KVM
import LinuxSystem
import MachineMonitor

extension XenProcessor {
    /// Lays out what processors and kernel share from the start: time, the mask of events, the first root.
    func share(_ start: DomainBuilder.Start) throws(GuestMemoryError) {
        try shareTime()
        try channels.setMasked(true, index)
        try area.setAnswers(surroundings.policy.table)
        try area.setKernelRoot(start.root)
        try hangUp(start.root)
    }

    /// Writes time and wall clock to where the kernel reads them, by versions that it has not seen.
    func shareTime() throws(GuestMemoryError) {
        var places: [UInt64] = []
        for processor in domain.processors {
            places.append(processor.informationPlace + 32)
            if let place = processor.timePlace.withLock({ $0 }) { places.append(place) }
        }
        for place in places {
            let version = try memory.read(UInt32.self, at: GuestAddress(place))
            try memory.write(clock.timeInformation(version: (version | 1) &+ 1), at: GuestAddress(place))
        }
        let wallClock = GuestAddress(MonitorArea.address(Int(GM_SHARED_INFO)) + 3072)
        let version = try memory.read(UInt32.self, at: wallClock)
        try memory.write(clock.wallClock(version: (version | 1) &+ 1), at: wallClock)
    }

    /// All counters, with KVM's own and those that the monitor kept in the guest.
    func finalCounters() throws(MachineError) -> MachineCounters {
        var counters = counters
        counters.kernel = try MachineError.system { () throws(SystemError) in
            try vcpu.statistics().counters.filter { $0.value > 0 }
        }
        counters.monitored = try MachineError.memory { () throws(GuestMemoryError) in
            var counts: [Int: UInt64] = [:]
            for number in 0..<Int(GM_COUNT_LIMIT) {
                let count = try area.state(GM_COUNTS + Int32(8 * number))
                if count > 0 { counts[number] = count }
            }
            return counts
        }
        return counters
    }
}
