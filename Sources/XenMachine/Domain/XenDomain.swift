import GuestMemory
import LinuxSystem
import MachineMonitor
import Synchronization

/// What a guest's processors share. Each is run by a thread of its own, so all of this is safe to use from several.
final class XenDomain: Sendable {
    let memory: GuestMemory
    /// Bytes of the guest's own memory, without the monitor's area.
    let memorySize: UInt64
    let processors: [ProcessorHandle]
    let channels: EventChannels
    let lines: InterruptLines
    let ending: MachineEnding
    /// How often the processors that have ended left the guest and for what.
    let counters = Mutex(MachineCounters())

    init(_ memory: GuestMemory, memorySize: UInt64, processors count: Int) throws(SystemError) {
        var processors: [ProcessorHandle] = []
        for index in 0..<count {
            processors.append(
                try ProcessorHandle(
                    index: index, information: EventChannels.firstInformationPlace(index), isUp: index == 0))
        }
        self.memory = memory
        self.memorySize = memorySize
        self.processors = processors
        channels = EventChannels(memory, processors)
        // The first processor takes what devices raise, and passes on what is bound to another.
        lines = InterruptLines(processors[0].kick)
        ending = MachineEnding(processors.map(\.kick))
    }
}
