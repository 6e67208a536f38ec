import CLinux
import Glibc
import GuestMemory
import LinuxSystem
import MachineJail
import MachineMonitor
import Virtio

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
    let start = try MachineStart(options)
    let machine = try start.makeMachine(options)
    let console = ConsoleLog(options.console)
    let board = try Devices(options: options, machine: machine).board()
    var sources: [any LoopSource] = board.slots.map(\.device)
    if let lifeline = options.lifeline { sources.append(Lifeline(OwnedDescriptor(owning: lifeline), machine.stop)) }
    if let control = options.control {
        let stillness = machine.stillness
        sources.append(
            try MachineError.system { () throws(SystemError) in
                try ControlSocket(
                    OwnedDescriptor(owning: control), stillness,
                    SnapshotWriting(start, machine.memory, board, console))
            })
    }
    let devices = sources
    let loop = try MachineError.system { () throws(SystemError) in try DeviceLoop(devices) }
    try start.restoreDevices(board, console)
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
    let first = FirstInstruction()
    options.trace.mark("machine")
    let result = Result { () throws(MachineError) in
        try start.run(machine, options, board, console) { () throws(MachineError) in
            try ThreadFilter.processor.apply()
            StartMemory.release()
            first.mark()
        }
    }
    loop.stop()
    thread.join()
    if options.statistics || options.trace.descriptor >= 0 {
        let counted = try MachineError.system { () throws(SystemError) in try machine.statistics() }
        options.trace.count(counted.counters)
        if options.statistics {
            report("counters\n" + [first.text, counted.text].compactMap { $0 }.joined(separator: "\n"))
        }
    }
    return try result.get()
}

// An arena of a thread's own is made smaller only after glibc has opened /proc/sys/vm/overcommit_memory, which the filters of
// the threads answer with the end of the machine.
guard linux_malloc_share_arena() == 1 else { fail("mallopt: one arena is refused", 125) }
do {
    let arguments = Array(CommandLine.arguments.dropFirst())
    let options = try Options(arguments)
    if options.probes {
        print(try MachineStart(options).kind)
        exit(0)
    }
    try Jail.closeOthers(keeping: options.descriptors)
    if !options.isInside { try Jail.enterNamespaces(arguments + [Options.inside]) }
    // What follows takes the file system away from the whole namespace: never the host's.
    guard getpid() == 1 else {
        throw OptionError(text: "\(Options.inside) is only for the first process of namespaces")
    }
    let end = try runMachine(options)
    if end != .poweredOff { report("\(end)") }
    exit(end.exitCode)
} catch let error as OptionError {
    fail(error.description, 125)
} catch {
    fail("\(error)", 125)
}
