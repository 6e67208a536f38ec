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
