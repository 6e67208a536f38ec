import Glibc
import GuestMemory
import KVM
import LinuxSystem
import MachineMonitor
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

func runMachine(_ options: Options) throws(MachineError) -> MachineEnd {
    let system = try MachineError.system { () throws(SystemError) in try KVMSystem.open() }
    let machine = try XenMachine(system, memorySize: options.memory)
    let console = ConsoleLog(options.console)
    var size: UInt64 = 0
    if let file = options.initialFileSystem {
        var information = stat()
        try MachineError.system { () throws(SystemError) in
            _ = try systemCall("fstat", "initramfs") { unsafe fstat(file, &information) }
        }
        size = UInt64(max(information.st_size, 0))
    }
    let end = try machine.run(
        kernel: options.kernel, initialFileSystem: options.initialFileSystem, initialFileSystemSize: size,
        commandLine: options.commandLine, bus: DeviceBus(), console: console)
    if options.statistics {
        report("patched: \(machine.patchCount), \(machine.counters)")
    }
    return end
}

do {
    let options = try Options(Array(CommandLine.arguments.dropFirst()))
    let end = try runMachine(options)
    if end != .poweredOff { report("\(end)") }
    exit(end.exitCode)
} catch let error as OptionError {
    fail(error.description, 2)
} catch {
    fail("\(error)", 1)
}
