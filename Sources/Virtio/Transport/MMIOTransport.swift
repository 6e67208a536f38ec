import GuestMemory
import LinuxSystem
import Synchronization

/// A virtio device behind memory-mapped registers (virtio 1.2, 4.2 "Virtio Over MMIO", version 2).
///
/// Registers are read and written by the threads of virtual processors, queues and descriptors are served by the loop's
/// thread; a lock lets one of them in at a time. The interrupt's cause, which a guest reads on each interrupt, is outside
/// the lock.
public final class MMIOTransport<Device: VirtioDevice>: MMIODevice {
    let core: Mutex<TransportCore<Device>>
    let interruptStatus = Atomic<UInt32>(0)
    private let interrupt: any InterruptLine
    /// As of `MMIODevice`.
    public let queueEvents: [EventDescriptor]

    /// A token of the loop with this bit is a queue's number, else the device's own.
    private static var queueTokenBit: UInt64 { 1 << 47 }

    /// Puts a device behind registers.
    public init(
        _ device: sending Device, memory: GuestMemory, interrupt: any InterruptLine
    ) throws(SystemError) {
        var events: [EventDescriptor] = []
        for _ in device.queueSizes { events.append(try EventDescriptor()) }
        queueEvents = events
        self.interrupt = interrupt
        core = Mutex(TransportCore(device, memory))
    }

    /// Uses the device from any thread, with its lock held: `body` must be short. Where the driver may see the difference,
    /// `changesConfiguration` tells it to read the configuration again.
    public func withDevice<Result>(
        changesConfiguration: Bool = false, _ body: (Device) throws(VirtioError) -> Result
    ) throws(VirtioError) -> Result {
        try core.withLock { (core) throws(VirtioError) in
            for slot in core.queues { slot.queue?.beginTurn() }
            let result = try body(core.device)
            notifyDriver(&core)
            if changesConfiguration { announceConfiguration(&core) }
            return result
        }
    }

    /// As of `MMIODevice`.
    public var fault: VirtioError? { core.withLock { $0.fault } }

    // MARK: - The loop

    /// As of `LoopSource`.
    public func attach(_ watch: DescriptorWatch) throws(SystemError) {
        for (index, event) in queueEvents.enumerated() {
            // Told once a write: there is nothing to read then.
            try watch.add(event.number, [.readable, .edgeTriggered], token: Self.queueTokenBit | UInt64(index))
        }
        core.withLock { $0.watch = watch }
    }

    /// As of `LoopSource`.
    public func ready(_ token: UInt64, _ readiness: Readiness) {
        if token & Self.queueTokenBit != 0 {
            handle(queue: Int(token & ~Self.queueTokenBit))
        } else {
            serve { (device) throws(VirtioError) in try device.handle(token: token, readiness) }
        }
    }

    /// Serves a queue.
    func handle(queue: Int) {
        serve { (device) throws(VirtioError) in try device.handle(queue: queue) }
    }

    /// Gives the device a turn, if it is active, and the driver its interrupts.
    private func serve(_ body: (Device) throws(VirtioError) -> Void) {
        core.withLock { core in
            guard core.isActive else { return }
            for slot in core.queues { slot.queue?.beginTurn() }
            do throws(VirtioError) {
                try body(core.device)
                notifyDriver(&core)
            } catch {
                fail(&core, error)
            }
        }
    }

    /// Raises the interrupt if a queue's driver wants it, and comes back to queues that had more than a turn's chains.
    private func notifyDriver(_ core: inout TransportCore<Device>) {
        guard core.isActive else { return }
        do throws(VirtioError) {
            var wanted = false
            for (slot, event) in zip(core.queues, queueEvents) {
                guard let queue = slot.queue else { continue }
                if try queue.takeNotification() { wanted = true }
                if queue.hasMore { event.signal() }
            }
            if wanted { raise(.usedBuffer) }
        } catch {
            fail(&core, error)
        }
    }

    /// Takes the device out of order until the driver resets it.
    func fail(_ core: inout TransportCore<Device>, _ error: VirtioError) {
        core.device.reset()
        core.fault = error
        core.status.insert(.needsReset)
        if core.status.contains(.driverReady) { announceConfiguration(&core) }
    }

    func announceConfiguration(_ core: inout TransportCore<Device>) {
        core.generation &+= 1
        if core.status.contains(.driverReady) { raise(.configurationChange) }
    }

    private func raise(_ cause: InterruptCause) {
        interruptStatus.bitwiseOr(cause.rawValue, ordering: .acquiringAndReleasing)
        interrupt.raise()
    }
}
