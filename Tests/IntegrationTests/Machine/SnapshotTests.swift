import Glibc
import LinuxSystem
import Testing

/// Machines that are paused, copied, and go on as copies.
@Suite(.enabled(if: Guest.isAvailable)) struct SnapshotTests {
    private func withDirectory(_ body: (String) throws -> Void) throws {
        let directory = Environment.temporaryDirectory("hull-snapshot")
        defer { Environment.removeTree(directory) }
        for disk in ["one", "two"] {
            try tool("bash", "-c", "echo disk \(disk) > \(directory)/\(disk); truncate -s 64K \(directory)/\(disk)")
        }
        try body(directory)
    }

    /// Whether the guest has all that it had: memory, its worker with its registers, timers.
    private func isWhole(_ answer: String) -> Bool {
        answer.contains(" memory 0 vectors 0 worker runs slept well ")
    }

    private func clock(_ answer: String) -> Double {
        answer.split(separator: " ").last.flatMap { Double($0) } ?? 0
    }

    @Test func twoCopiesGoOnByThemselves() throws {
        try withDirectory { directory in
            let original = try CopiedGuest.boot()
            let files = try original.snapshot(in: directory)
            // The original is none the worse.
            let answer = try original.ask("original")
            #expect(isWhole(answer) && answer.hasPrefix("original cid 3 "), "\(answer)")
            try original.finish()
            let one = try CopiedGuest.restore(files, cid: 7, disk: directory + "/one")
            let two = try CopiedGuest.restore(files, cid: 8, disk: directory + "/two")
            for round in 0..<3 {
                let first = try one.ask("first\(round)")
                #expect(isWhole(first) && first.hasPrefix("first\(round) cid 7 "), "\(first)")
                #expect(first.contains(" disk disk one "), "\(first)")
                let second = try two.ask("second\(round)")
                #expect(isWhole(second) && second.hasPrefix("second\(round) cid 8 "), "\(second)")
                #expect(second.contains(" disk disk two "), "\(second)")
                // Time stood still while there was no machine.
                #expect(clock(first) < clock(answer) + 30 && clock(first) > 0)
            }
            try one.finish()
            try two.finish()
        }
    }

    @Test func aCopyCanBeCopied() throws {
        try withDirectory { directory in
            let original = try CopiedGuest.boot()
            var files = try original.snapshot(in: directory, "0")
            try original.finish()
            for generation in 1...3 {
                let copy = try CopiedGuest.restore(files, cid: 10 + generation, disk: directory + "/one")
                let answer = try copy.ask("generation\(generation)")
                #expect(isWhole(answer) && answer.contains(" cid \(10 + generation) "), "\(answer)")
                files = try copy.snapshot(in: directory, "\(generation)")
                try copy.finish()
            }
        }
    }

    @Test func requestsOfDisksThatAreUnderWayAreNotLost() throws {
        try withDirectory { directory in
            try tool("truncate", "-s", "1M", directory + "/scratch")
            let original = try CopiedGuest.boot(options: "--disk 5", files: "5<>\(directory)/scratch")
            for round in 0..<5 {
                // The disk's file has to be of the same moment.
                #expect(try original.request(1) == nil)
                let files = try original.snapshot(in: directory, "\(round)")
                try tool("cp", directory + "/scratch", directory + "/copy")
                #expect(try original.request(2) == nil)
                let copy = try CopiedGuest.restore(
                    files, cid: 7, disk: directory + "/one", options: "--disk 7", files: "7<>\(directory)/copy")
                let answer = try copy.ask("copy")
                #expect(isWhole(answer) && answer.contains(" scratch 0 runs "), "\(answer)")
                try copy.finish()
            }
            let answer = try original.ask("original")
            #expect(isWhole(answer) && answer.contains(" scratch 0 runs "), "\(answer)")
            try original.finish()
        }
    }

    @Test func aCopyHasAllProcessors() throws {
        try withDirectory { directory in
            let original = try CopiedGuest.boot(options: "--cpus 2")
            let files = try original.snapshot(in: directory)
            try original.finish()
            let copy = try CopiedGuest.restore(files, cid: 9, disk: directory + "/one")
            for _ in 0..<2 {
                let answer = try copy.ask("copy")
                #expect(isWhole(answer), "\(answer)")
            }
            try copy.finish()
        }
    }

    @Test func aPausedMachineStandsStill() throws {
        let guest = try CopiedGuest.boot()
        let before = clock(try guest.ask("before"))
        for _ in 0..<20 {
            #expect(try guest.request(1) == nil)
            #expect(try guest.request(1) == nil)
            #expect(try guest.request(2) == nil)
        }
        #expect(try guest.request(2) == nil)
        let answer = try guest.ask("after")
        #expect(isWhole(answer) && clock(answer) > before, "\(answer)")
        try guest.finish()
    }

    @Test func whatMakesNoSenseIsAnsweredWithTheReason() throws {
        let guest = try CopiedGuest.boot()
        #expect(try guest.request(99) == "a request of this kind is not known")
        // Without its files; and with files that cannot be written.
        #expect(try guest.request(3) == "message has an invalid number of descriptors")
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(null) }
        let failure = try guest.request(3, files: [null, null])
        #expect(failure == "guest memory: ftruncate memory file: invalid argument")
        #expect(isWhole(try guest.ask("after")))
        try guest.finish()
    }

    @Test func damagedSnapshotsAreRefused() throws {
        try withDirectory { directory in
            let original = try CopiedGuest.boot()
            let files = try original.snapshot(in: directory, "good")
            let other = try original.snapshot(in: directory, "other")
            try original.finish()
            func refusal(_ files: CopiedGuest.Files) throws -> String {
                let outcome = try CopiedGuest.starting(files, cid: 3, disk: directory + "/one").machine.finish()
                #expect(outcome.status == 125)
                return outcome.errors
            }
            let start = "hull-vmm: snapshot: the "
            #expect(
                try refusal(.init(state: files.state, memory: other.memory))
                    == start + "memory file is not the one of this state file")
            try tool("bash", "-c", "head -c 1000 \(files.state) > \(directory)/cut")
            #expect(
                try refusal(.init(state: directory + "/cut", memory: files.memory))
                    == start + "state file is cut off or too long")
            try tool("truncate", "-s", "-4096", other.memory)
            #expect(
                try refusal(.init(state: other.state, memory: other.memory))
                    == start + "memory file is cut off or too long")
            try tool(
                "bash", "-c",
                "printf X | dd of=\(files.state) bs=1 seek=900 conv=notrunc status=none")
            #expect(try refusal(files) == start + "state file is damaged: its checksum is wrong")
            #expect(
                try refusal(.init(state: "/dev/null", memory: files.memory))
                    == start + "state file is not one of a machine")
        }
    }

    @Test func otherDevicesAreRefused() throws {
        try withDirectory { directory in
            let original = try CopiedGuest.boot()
            let files = try original.snapshot(in: directory)
            try original.finish()
            let more = try CopiedGuest.starting(files, cid: 3, disk: directory + "/one", options: "--disk none")
            let outcome = try more.machine.finish()
            #expect(outcome.status == 125)
            #expect(outcome.errors == "hull-vmm: snapshot: it has 4 devices, and 5 were asked for", "\(outcome)")
        }
    }
}
