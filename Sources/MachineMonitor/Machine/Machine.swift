import GuestMemory
import LinuxSystem
import Virtio

/// A machine of either kind, as whoever makes devices and waits for its end knows it. It is made with its memory; devices are
/// made with that memory and its interrupt lines, and put on a board; then it runs, once.
public protocol Machine: AnyObject {
    /// What an interrupt is raised by.
    associatedtype Line: InterruptLine
    /// The guest's memory.
    var memory: GuestMemory { get }
    /// The line of an interrupt (0…15), for a device.
    func interruptLine(_ number: UInt32) throws(MachineError) -> Line
    /// Loads a kernel and runs the guest to its end. The calling thread waits, or is a processor.
    ///
    /// - Parameters:
    ///   - kernel: an open `vmlinux`.
    ///   - initialFileSystem: an open initramfs and its bytes, or nil.
    ///   - commandLine: what the kernel is told beside its devices and what every machine of this kind needs.
    ///   - confine: called before the guest's first instruction on each thread that runs a processor or waits.
    func run(
        kernel: CInt, initialFileSystem: (file: CInt, size: UInt64)?, commandLine: String, board: DeviceBoard,
        console: ConsoleLog, confine: @escaping @Sendable () throws(MachineError) -> Void
    ) throws(MachineError) -> MachineEnd
    /// Goes on where a copied guest stood, and runs it to its end. The memory is the copy's already, and so are the devices.
    ///
    /// - Parameters:
    ///   - state: what `save` gave.
    ///   - confine: as above.
    func restore(
        _ state: [UInt8], board: DeviceBoard, console: ConsoleLog,
        confine: @escaping @Sendable () throws(MachineError) -> Void
    ) throws(MachineError) -> MachineEnd
    /// What stops the processors and tells their state. For one thread at a time, which must not be a processor's.
    var stillness: any MachineStillness { get }
    /// Ends the guest where it is. May be called from any thread, also before the guest runs.
    var stop: @Sendable () -> Void { get }
    /// How often the guest was left and for what, once `run` is back.
    func statistics() throws(SystemError) -> MachineStatistics
}

/// How a machine is made to stand still while it runs, and copied.
public protocol MachineStillness: Sendable {
    /// Has all processors stand still, and waits until they do.
    func pause() throws(MachineError)
    /// Lets them go on.
    func resume()
    /// The machine's state but memory and devices, while its processors stand still.
    func save() throws(MachineError) -> [UInt8]
}
