import LinuxSystem
import MachineMonitor
import Virtio

/// Ends the machine when the parent's end of a pipe or socket is closed, so that none outlives who asked for it.
final class Lifeline: LoopSource {
    private let descriptor: OwnedDescriptor
    private let stop: @Sendable () -> Void

    init(_ descriptor: consuming OwnedDescriptor, _ stop: @escaping @Sendable () -> Void) {
        self.descriptor = descriptor
        self.stop = stop
    }

    func attach(_ watch: DescriptorWatch) throws(SystemError) {
        // Told once: an end stays an end, and would be told for as long as the loop runs.
        try watch.add(descriptor.number, [.edgeTriggered], token: 0)
    }

    /// Nothing else is ever told than that the other end is gone.
    func ready(_ token: UInt64, _ readiness: Readiness) { stop() }
}
