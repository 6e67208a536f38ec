import Glibc
import HardwareMachine
import KVM
import LinuxSystem
import MachineMonitor
import Virtio
import XenMachine

/// Prints a line to standard error.
func report(_ text: String) {
    let line = Array("hull-vmm: \(text)\n".utf8)
    // As many bytes as the array has.
    _ = unsafe write(STDERR_FILENO, line, line.count)
}

/// Ends the process with a line about why.
func fail(_ text: String, _ code: Int32) -> Never {
    report(text)
    exit(code)
}

/// Makes the machine, serves its devices on a thread of their own, and runs its processor on this one.
func runMachine(_ options: Options) throws(MachineError) -> MachineEnd {
    let machine = try makeMachine(options)
    let board = try Devices(options: options, machine: machine).board()
    var sources: [any LoopSource] = board.slots.map(\.device)
    if let lifeline = options.lifeline { sources.append(Lifeline(OwnedDescriptor(owning: lifeline), machine.stop)) }
    let devices = sources
    let loop = try MachineError.system { () throws(SystemError) in try DeviceLoop(devices) }
    let stop = machine.stop
    let jail = Jail(user: options.user)
    try MachineError.system { () throws(SystemError) in try jail.close() }
    let thread = try MachineError.system { () throws(SystemError) in
        try MachineThread.start("devices") {
            do throws(MachineError) {
                try ThreadFilter.devices.apply()
                try MachineError.system { () throws(SystemError) in try loop.run() }
            } catch {
                report("devices: \(error)")
                stop()
            }
        }
    }
    let result = run(machine, options, board)
    loop.stop()
    thread.join()
    if options.statistics { report(try MachineError.system { () throws(SystemError) in try machine.statistics() }) }
    return try result.get()
}

func run(_ machine: any Machine, _ options: Options, _ board: DeviceBoard) -> Result<MachineEnd, MachineError> {
    Result { () throws(MachineError) in
        var initialFileSystem: (CInt, UInt64)?
        if let file = options.initialFileSystem {
            initialFileSystem = (file, try Devices.size(of: file, "initramfs"))
        }
        return try machine.run(
            kernel: options.kernel, initialFileSystem: initialFileSystem, commandLine: options.commandLine,
            board: board, console: ConsoleLog(options.console)
        ) { () throws(MachineError) in try ThreadFilter.processor.apply() }
    }
}

/// The kind of machine that the host's KVM needs.
func makeMachine(_ options: Options) throws(MachineError) -> any Machine {
    let system = try MachineError.system { () throws(SystemError) in
        if let number = options.kvm { return try KVMSystem(owning: OwnedDescriptor(owning: number)) }
        return try KVMSystem.open()
    }
    switch try MachineError.system({ () throws(SystemError) in try KVMProbe.kind(of: system) }) {
    case .hardware: return try HardwareMachine(system, memorySize: options.memory, processors: options.processors)
    case .software:
        guard options.processors == 1 else {
            throw .configuration(
                "\(options.processors) processors: this host's KVM interprets a guest's kernel, and gives a machine one"
            )
        }
        return try XenMachine(system, memorySize: options.memory)
    }
}

do {
    let options = try Options(Array(CommandLine.arguments.dropFirst()))
    try Jail.closeOthers(keeping: options.descriptors)
    try Jail.enterNamespaces()
    let end = try runMachine(options)
    if end != .poweredOff { report("\(end)") }
    exit(end.exitCode)
} catch let error as OptionError {
    fail(error.description, 125)
} catch {
    fail("\(error)", 125)
}
