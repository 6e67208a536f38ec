import LinuxSystem
import MachineMonitor
import Virtio

/// Ends the machine when the parent's end of a pipe or socket is closed, so that none outlives who asked for it.
final class Lifeline: LoopSource {
    private let descriptor: OwnedDescriptor
    private let kick: ProcessorKick

    init(_ descriptor: consuming OwnedDescriptor, _ kick: ProcessorKick) {
        self.descriptor = descriptor
        self.kick = kick
    }

    func attach(_ watch: DescriptorWatch) throws(SystemError) {
        try watch.add(descriptor.number, [], token: 0)
    }

    /// Nothing else is ever told than that the other end is gone.
    func ready(_ token: UInt64, _ readiness: Readiness) { kick.stop() }
}
