import Glibc
import LinuxSystem
import Testing

/// What a machine's process can do, as the kernel tells of it while a guest runs.
@Suite(.enabled(if: Guest.isAvailable)) struct JailTests {
    /// Runs a body with the directory of /proc of a machine's process.
    private func withMachine(_ body: (String) throws -> Void) throws {
        let machine = try Guest.start("wait", options: "--vsock 3")
        #expect(machine.wait(seconds: 60) { String(decoding: machine.errors, as: UTF8.self).contains("init runs") })
        // The first process waits for the one in the namespaces.
        let children = try contents("/proc/\(machine.pid)/task/\(machine.pid)/children")
        let child = try #require(children.split(separator: " ").first)
        try body("/proc/\(child)")
        machine.signal(SIGKILL)
        _ = try machine.finish()
        // Nothing of it is left.
        #expect(Clock.wait { access("/proc/\(child)", F_OK) != 0 })
    }

    private func contents(_ path: String) throws -> String { try tool("cat", path).output }

    @Test func everyThreadIsWithoutRightsAndFiltered() throws {
        try withMachine { process in
            let threads = try tool("ls", "\(process)/task").output.split(separator: "\n")
            #expect(threads.count >= 2)
            for thread in threads {
                let status = try contents("\(process)/task/\(thread)/status")
                // The kernel's own worker for the machine's memory is no thread of ours.
                if status.contains("Name:\tkvm-nx") { continue }
                for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
                    #expect(status.contains("\(set):\t0000000000000000"), "\(status)")
                }
                #expect(status.contains("NoNewPrivs:\t1"), "\(status)")
                #expect(status.contains("Seccomp:\t2"), "\(status)")
                #expect(status.contains("Uid:\t65534\t65534\t65534\t65534"), "\(status)")
                #expect(status.contains("Gid:\t65534\t65534\t65534\t65534"), "\(status)")
                #expect(status.contains("Groups:\t \n"), "\(status)")
            }
        }
    }

    /// Outside of all its namespaces, with no wall left but whose process it is.
    @Test func eachMachineIsAUserOfItsOwnThatCanDoNothingToAnother() throws {
        try withMachines { hull in
            // Numbers that no other test's machines have, and not one more than are needed.
            let first = 1_900_000_000 + 2 * UInt32.random(in: 0..<1_000_000)
            hull.environment["HULL_CONFIG"] = try hull.file("config.json", #"{"vm": {"users": "\#(first):2"}}"#)
            func start(_ name: String) throws -> (process: pid_t, user: UInt32) {
                try hull.expect("run", "-d", "--isolation=vm", "--name", name, "busybox", "sleep", "1000")
                let number = try hull.expect("inspect", "-f", "{{.State.Pid}}", name)
                let process = try #require(pid_t(number))
                let status = try contents("/proc/\(process)/status")
                let ids = try ["Uid:", "Gid:"].map { name in
                    try #require(status.split(separator: "\n").first { $0.hasPrefix(name) }).split(separator: "\t")
                        .dropFirst()
                }
                #expect(Set(ids[0] + ids[1]).count == 1, "\(status)")
                return (process, try #require(ids[0].first.flatMap { UInt32($0) }))
            }
            // The first machine of all makes the template as well, which has a user meanwhile.
            try hull.expect("run", "--rm", "--isolation=vm", "busybox", "true")
            let one = try start("one")
            let other = try start("other")
            #expect([one.user, other.user] == [first, first + 1])
            func reaches(_ process: pid_t, as user: UInt32) throws -> Bool {
                let script = "kill -0 \(process) && echo yes || echo no"
                return try tool(
                    "setpriv", "--reuid", "\(user)", "--regid", "\(user)", "--clear-groups", "sh", "-c", script
                ).output == "yes"
            }
            #expect(try reaches(one.process, as: one.user) && reaches(other.process, as: other.user))
            #expect(try !reaches(other.process, as: one.user) && !reaches(one.process, as: other.user))
            try hull.expectFailure(
                "run", "--rm", "--isolation=vm", "busybox", "true", status: 125,
                says: "all 2 users of machines are taken")
            // However a machine ends, its user is the next one's.
            kill(one.process, SIGKILL)
            #expect(try hull.expect("wait", "one") == "137")
            #expect(try start("third").user == one.user)
        }
    }

    @Test func itsNamespacesAreItsOwn() throws {
        try withMachine { process in
            for name in ["mnt", "net", "pid", "ipc", "uts", "cgroup"] {
                let its = try tool("readlink", "\(process)/ns/\(name)").output
                let ours = try tool("readlink", "/proc/self/ns/\(name)").output
                #expect(its != ours, "\(name)")
            }
        }
    }

    @Test func itsRootIsEmptyAndReadOnly() throws {
        try withMachine { process in
            #expect(try tool("ls", "-A", "\(process)/root/").output.isEmpty)
            let mounts = try contents("\(process)/mountinfo").split(separator: "\n")
            #expect(mounts.count == 1)
            #expect(mounts.first?.contains(" / / ro,nosuid,nodev,noexec") == true, "\(mounts)")
        }
    }

    @Test func itHasOnlyTheDescriptorsThatItNeeds() throws {
        try withMachine { process in
            let links = try tool("bash", "-c", "for f in \(process)/fd/*; do readlink $f; done").output
            for link in links.split(separator: "\n") {
                let isKnown =
                    link.hasPrefix("pipe:") || link.hasPrefix("anon_inode:") || link.hasSuffix("/kvm")
                    || link.hasSuffix("/vmlinux") || link.hasSuffix("/guest.erofs")
                #expect(isKnown, "\(link)")
            }
        }
    }
}
