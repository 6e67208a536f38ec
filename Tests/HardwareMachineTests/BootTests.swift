import CLinux
import Glibc
import GuestMemory
import HardwareMachine
import KVM
import LinuxSystem
import MachineMonitor
import Testing
import Virtio

/// Boots of the guest's kernel on this host's KVM. They need one that runs a guest's kernel natively:
/// Tests/Environment/hardware-tests provides it, with the kernel's path in HULL_TEST_KERNEL.
@Suite("a machine on a hardware KVM", .serialized, .enabled(if: Boot.kernelPath != nil))
struct BootTests {
    @Test func runsAnInitramfsAndPowersOff() throws {
        let boot = try Boot(script: "echo the guest says hello to $(nproc); dmesg | grep -c Hypervisor; poweroff -f")
        try boot.expect(.poweredOff)
        #expect(boot.printed.contains("the guest says hello to 1"))
    }

    @Test func runsTwoProcessorsAtOnce() throws {
        let boot = try Boot(
            script: """
                nproc
                for processor in 0 1; do taskset $((processor + 1)) sh -c 'echo on $(cut -d" " -f39 /proc/self/stat)'; done
                poweroff -f
                """, processors: 2)
        try boot.expect(.poweredOff)
        #expect(boot.printed.filter { !$0.hasPrefix("[") } == ["2", "on 0", "on 1"])
    }

    @Test func tellsThatItsGuestAskedForAReboot() throws {
        try Boot(script: "reboot -f").expect(.rebooted)
    }

    @Test func namesThePanicOfAGuestWhoseFirstProcessEnds() throws {
        try Boot(script: "exit 3").expect(.crashed("Attempted to kill init! exitcode=0x00000300"))
    }

    @Test func tellsOfATripleFault() throws {
        try Boot(script: "reboot -f", arguments: "reboot=triple").expect(.tripleFault)
    }

    @Test func theProbeFindsAHardwareKVM() throws {
        #expect(try KVMProbe.kind(of: KVMSystem.open()) == .hardware)
    }

    @Test func isStoppedFromOutsideWhileItRuns() throws {
        let boot = try Boot(script: "echo ready; sleep 1000", processors: 2)
        let (machine, console) = (boot.machine, boot.console)
        let watcher = try MachineThread.start("watcher") {
            while !console.lastLines(.max).contains("ready") { usleep(50_000) }
            machine.stop()
        }
        try boot.expect(.stopped)
        watcher.join()
    }

    @Test("drives virtio devices with as few exits as the interface allows", arguments: [1, 2])
    func drives(processors: Int) throws {
        let disk = OwnedDescriptor(owning: linux_memfd_create("disk", 0))
        try WholeFile.write(
            Array("found on the disk".utf8) + [UInt8](repeating: 0, count: 1 << 20 - 17), to: disk.number, "disk")
        let boot = try Boot(
            script: """
                mount -t devtmpfs dev /dev
                head -c 17 /dev/vda; echo
                head -c 100 /dev/hwrng | wc -c
                echo -n written | dd of=/dev/vda seek=2 conv=fsync 2>/dev/null
                dd if=/dev/vda of=/dev/null bs=4096 iflag=direct 2>/dev/null
                poweroff -f
                """, processors: processors
        ) { board, machine in
            try board.add { (interrupt) throws(MachineError) in
                let line = try machine.interruptLine(interrupt)
                return try MachineError.system { () throws(SystemError) in
                    let device = BlockDevice(
                        try disk.duplicate(), size: 1 << 20, .init(isReadOnly: false, serial: "disk"))
                    return try MMIOTransport(device, memory: machine.memory, interrupt: line)
                }
            }
            try board.add { (interrupt) throws(MachineError) in
                let line = try machine.interruptLine(interrupt)
                return try MachineError.system { () throws(SystemError) in
                    try MMIOTransport(RandomDevice(), memory: machine.memory, interrupt: line)
                }
            }
        }
        try boot.expect(.poweredOff)
        #expect(boot.printed.filter { !$0.hasPrefix("[") } == ["found on the disk", "100"])
        var bytes = [UInt8](repeating: 0, count: 7)
        try #require(unsafe pread(disk.number, &bytes, 7, 1024) == 7)
        #expect(bytes == Array("written".utf8))
        // An interrupt costs a load and a store. A notification costs nothing, or the stores would be twice as many.
        let (loads, stores) = (boot.machine.exits["load"] ?? 0, boot.machine.exits["store"] ?? 0)
        #expect(loads > 256)
        #expect(stores < loads + 100)
    }

    @Test func refusesAKernelThatDoesNotFit() throws {
        #expect(throws: MachineError.self) { try Boot(script: "", memory: 16 << 20).run() }
        #expect(throws: MachineError.self) { try Boot(script: "", kernel: "/bin/busybox").run() }
        #expect(throws: MachineError.self) { try Boot(script: "", memory: 1 << 20) }
        #expect(throws: MachineError.self) { try Boot(script: "", processors: 0) }
        #expect(throws: MachineError.self) { try Boot(script: "", processors: 5000) }
    }
}

/// A machine of a test, with the serial port as its console.
struct Boot {
    static let kernelPath = unsafe getenv("HULL_TEST_KERNEL").map { unsafe String(cString: $0) }

    let machine: HardwareMachine
    private let root: InitialRoot
    private let kernel: String
    private let arguments: String
    let console = ConsoleLog(-1)
    private let board: DeviceBoard

    init(
        script: String, processors: Int = 1, memory: UInt64 = 256 << 20, kernel path: String? = nil,
        arguments: String = "",
        devices: (inout DeviceBoard, HardwareMachine) throws -> Void = { _, _ in }
    ) throws {
        self.arguments = arguments
        kernel = try #require(path ?? Self.kernelPath)
        root = try InitialRoot(script: script)
        machine = try HardwareMachine(try KVMSystem.open(), memorySize: memory, processors: processors)
        var board = DeviceBoard()
        try devices(&board, machine)
        self.board = board
    }

    /// Runs to the end, which is to be this.
    func expect(_ end: MachineEnd, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let found = try run()
        #expect(found == end, "\(printed.joined(separator: "\n"))", sourceLocation: sourceLocation)
    }

    func run() throws -> MachineEnd {
        let kernel = try OwnedDescriptor.open(kernel, O_RDONLY)
        let loop = try DeviceLoop(board.slots.map(\.device))
        let thread = try MachineThread.start("devices") { try! loop.run() }
        let end = Result { () throws(MachineError) in
            try machine.run(
                kernel: kernel.number, initialFileSystem: (root.number, root.size), commandLine: "quiet \(arguments)",
                board: board, console: console, confine: {})
        }
        loop.stop()
        thread.join()
        return try end.get()
    }

    /// What the guest printed.
    var printed: [String] { console.lastLines(.max) }
}
