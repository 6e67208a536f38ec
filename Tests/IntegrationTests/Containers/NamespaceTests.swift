import Glibc
import Testing

@Suite struct NamespaceTests {
    private func namespaces(_ text: String) -> [String: String] {
        var result: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":")
            if parts.count == 2 { result[String(parts[0])] = String(parts[1]) }
        }
        return result
    }

    private func of(_ hull: Hull, _ options: String...) throws -> [String: String] {
        let script = "for kind in cgroup ipc mnt net pid uts; do readlink /proc/self/ns/$kind; done"
        return namespaces(try hull.start(["run", "--rm"] + options + ["busybox", "sh", "-c", script]).finish().output)
    }

    private var ours: [String: String] {
        let lines = ["cgroup", "ipc", "mnt", "net", "pid", "uts"].map { kind in
            var buffer = [CChar](repeating: 0, count: 64)
            let count = readlink("/proc/self/ns/\(kind)", &buffer, buffer.count)
            return String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        return namespaces(lines.joined(separator: "\n"))
    }

    @Test func allAreTheContainersOwn() throws {
        try withHull { hull in
            let theirs = try of(hull)
            #expect(theirs.count == 6, "\(theirs)")
            for (kind, id) in ours { #expect(theirs[kind] != id, "\(kind)") }
        }
    }

    @Test func someAreSharedWhereAskedFor() throws {
        try withHull { hull in
            for (option, kind) in [("--network", "net"), ("--pid", "pid"), ("--ipc", "ipc")] {
                let theirs = try of(hull, option, "host")
                #expect(theirs[kind] == ours[kind], "\(kind)")
            }
        }
    }

    @Test func withoutANetworkThereIsLoopbackOnly() throws {
        try withHull { hull in
            let names = try hull.expect("run", "--rm", "--network", "none", "busybox", "ls", "/sys/class/net")
            #expect(names == "lo")
            let loopback = "ping -c 1 -W 2 127.0.0.1 > /dev/null && echo up"
            #expect(try hull.expect("run", "--rm", "busybox", "sh", "-c", loopback) == "up")
        }
    }

    @Test func theWorkloadIsTheFirstProcessAndSeesNoOther() throws {
        try withHull { hull in
            let seen = try hull.expect("run", "--rm", "busybox", "sh", "-c", "echo $$; echo /proc/[0-9]*")
            #expect(seen == "1\n/proc/1")
        }
    }
}
