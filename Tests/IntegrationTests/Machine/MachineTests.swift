import CLinux
import Glibc
import LinuxSystem
import Testing

@Suite(.enabled(if: Guest.isAvailable)) struct MachineTests {
    @Test func aGuestBootsFromADiskAndSwitchesOff() throws {
        let outcome = try Guest.run("sleeps")
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.errors.contains("init runs"), "\(outcome)")
        #expect(outcome.errors.contains("slept: in time"), "\(outcome)")
        #expect(outcome.errors.contains("init is done"), "\(outcome)")
    }

    @Test(arguments: [32, 512, 1536, 3072]) func memoryOfAnySizeIsTheGuests(_ megabytes: Int) throws {
        // A kernel of ours needs more than the least that a machine can have.
        let outcome = try Guest.run("", memory: megabytes)
        if megabytes == 32 {
            #expect(outcome.status != 0)
        } else {
            #expect(outcome.status == 0, "\(outcome)")
        }
    }

    @Test func programsReachNeitherKernelNorMonitor() throws {
        let outcome = try Guest.run("attacks")
        #expect(outcome.status == 0, "\(outcome)")
        let lines = outcome.errors.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("attack ") }
        let signals = [
            "read-kernel: signal 11", "read-monitor: signal 11", "read-memory: signal 11", "doorbell: signal 11",
            "exit: signal 11", "flush: signal 11", "out: signal 11", "cli: signal 11", "hlt: signal 11",
            "jump-nowhere: signal 11", "jump-stub: signal 11", "undefined: signal 4", "breakpoint: signal 5",
            "divide: signal 8", "sigreturn: signal 11", "jump-hypercall: signal 11", "jump-monitor: signal 11",
            "hypercall: -1", "jump-lstar: -38",
        ]
        #expect(lines.map(String.init) == signals.map { "attack " + $0 }, "\(outcome)")
    }

    @Test func vectorRegistersAreEachProcesssOwn() throws {
        let outcome = try Guest.run("vectors")
        #expect(outcome.errors.contains("vectors: 0 failed"), "\(outcome)")
    }

    @Test func processorsWorkAtTheSameTimeOnMemoryThatTheyShare() throws {
        let outcome = try Guest.run("processors vectors", options: "--cpus 2")
        #expect(outcome.status == 0, "\(outcome)")
        for line in [
            "processors: 2", "handed over: 200 times", "pages of others: 0 wrong", "pages of threads: 0 wrong",
            "pages of children: 0 wrong", "vectors: 0 failed",
        ] {
            #expect(outcome.errors.contains(line), "\(line) is missing: \(outcome)")
        }
    }

    @Test func moreProcessorsThanTheHostHasAreTheGuestsToo() throws {
        let outcome = try Guest.run("processors", options: "--cpus 8")
        #expect(outcome.status == 0 && outcome.errors.contains("processors: 8"), "\(outcome)")
    }

    @Test func moreProcessorsThanAMachineCanHaveAreRefused() throws {
        let outcome = try Guest.run("", options: "--cpus 1000")
        #expect(outcome.status == 125)
        #expect(outcome.errors.hasPrefix("hull-vmm: 1000 processors: 1 to "), "\(outcome)")
        #expect(!outcome.errors.contains("\n"), "\(outcome)")
    }

    @Test func whatIsWrittenToADiskIsInItsFile() throws {
        let path = Environment.temporaryDirectory("hull-disk") + "/disk"
        try tool("truncate", "-s", "8M", path)
        let outcome = try Guest.run("disks", options: "--disk 5", files: "5<>\(path)")
        #expect(outcome.errors.contains("disk: written"), "\(outcome)")
        let sums = try tool(
            "bash", "-c", "for n in 0 1 63; do tail -c +$((n*65536+1)) \(path) | head -c 1 | od -An -tu1; done")
        #expect(sums.output.split(separator: "\n").map { $0.filter(\.isNumber) } == ["0", "1", "63"])
        Environment.removeTree(String(path.dropLast(5)))
    }

    @Test func aGuestReachesAPortOfTheHost() throws {
        var pair: [CInt] = [-1, -1]
        try systemCall("socketpair") { socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &pair) }
        defer { close(pair[0]) }
        // A machine that fails must not leave the test reading.
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let machine = try Guest.start("vsock", options: "--vsock 3 --vsock-port 1024:\(pair[1])")
        close(pair[1])
        try systemCall("write") { write(pair[0], "hello", 5) }
        var answer = [UInt8](repeating: 0, count: 16)
        let count = read(pair[0], &answer, 16)
        #expect(String(decoding: answer.prefix(max(count, 0)), as: UTF8.self) == "HELLO")
        shutdown(pair[0], CInt(SHUT_RDWR))
        #expect(try machine.finish(seconds: 60).status == 0)
    }

    @Test func aRebootEndsTheMachine() throws {
        let outcome = try Guest.run("reboot")
        #expect(outcome.status == 0)
        #expect(outcome.errors.contains("the guest asked for a reboot"), "\(outcome)")
    }

    @Test func aPanicIsToldWithItsLastLines() throws {
        // The first program must not end.
        let outcome = try Guest.run("leave")
        #expect(outcome.status == 2, "\(outcome)")
        #expect(outcome.errors.contains("Attempted to kill init"), "\(outcome)")
    }

    @Test func theMachineEndsWithItsLifeline() throws {
        var pair: [CInt] = [-1, -1]
        try systemCall("pipe2") { linux_pipe2(&pair, O_CLOEXEC) }
        try systemCall("fcntl") { fcntl(pair[0], F_SETFD, 0) }
        let machine = try Guest.start("wait", options: "--lifeline \(pair[0])")
        close(pair[0])
        #expect(machine.wait(seconds: 60) { String(decoding: machine.errors, as: UTF8.self).contains("init runs") })
        close(pair[1])
        #expect(try machine.finish(seconds: 20).status == 3)
    }

    @Test func twoMachinesRunAtOnce() throws {
        let machines = try (0..<2).map { _ in try Guest.start("sleeps vectors") }
        for machine in machines { #expect(try machine.finish(seconds: 120).status == 0) }
    }

    @Test(arguments: ["/bin/busybox", "/dev/null"]) func whatIsNoKernelIsRefused(_ path: String) throws {
        let outcome = try Child(
            [try program("bash"), "-c", "exec \(Environment.executables)/hull-vmm --kernel 3 3<\(path)"],
            environment: [:]
        ).finish()
        #expect(outcome.status == 125)
        #expect(outcome.errors.hasPrefix("hull-vmm: kernel: "), "\(outcome)")
        #expect(!outcome.errors.contains("\n"), "\(outcome)")
    }
}
