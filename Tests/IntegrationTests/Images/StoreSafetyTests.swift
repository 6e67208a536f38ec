import Glibc
import Testing

/// The store between processes and after crashes.
@Suite struct StoreSafetyTests {
    private func archive(_ hull: Hull, _ name: String) throws -> String {
        let path = "\(hull.directory)/\(name).tar"
        try hull.expect("tag", "busybox", "example/\(name):1")
        try hull.expect("save", "-o", path, "example/\(name):1")
        return path
    }

    @Test func loadsAtTheSameTimeAllSucceed() throws {
        try withHull { hull in
            let archives = try (1...4).map { try archive(hull, "image\($0)") }
            try hull.expect("image", "prune", "-a", "-f")
            let loads = try archives.flatMap { path in
                try (0..<2).map { _ in try hull.start(["load", "-i", path]) }
            }
            for load in loads {
                let outcome = try load.finish()
                #expect(outcome.status == 0, "\(outcome)")
            }
            #expect(try hull.run("images").lines.count == 5)
            #expect(HostSnapshot.names(hull.root + "/layers/sha256").count == 1)
            #expect(HostSnapshot.names(hull.root + "/layers").allSatisfy { !$0.hasPrefix("tmp") })
        }
    }

    @Test func loadsAndRemovalsAtTheSameTimeLeaveAUsableStore() throws {
        try withHull { hull in
            let path = try archive(hull, "image")
            for _ in 0..<5 {
                let load = try hull.start(["load", "-i", path])
                let removal = try hull.start(["rmi", "example/image:1"])
                let prune = try hull.start(["image", "prune", "-a", "-f"])
                let loaded = try load.finish()
                #expect(loaded.status == 0, "\(loaded)")
                _ = try removal.finish()
                let pruned = try prune.finish()
                #expect(pruned.status == 0, "\(pruned)")
                // Whatever came last, the image is whole or not there.
                if try hull.run("image", "inspect", "example/image:1").status == 0 {
                    try hull.expect("save", "-o", hull.directory + "/saved.tar", "example/image:1")
                }
            }
        }
    }

    @Test func aKilledImportLeavesAUsableStore() throws {
        try withHull { hull in
            let path = try archive(hull, "image")
            try hull.expect("image", "prune", "-a", "-f")
            for delay in stride(from: 0, to: 40_000, by: 4_000) {
                let load = try hull.start(["load", "-i", path])
                usleep(useconds_t(delay))
                // With what it started: nobody is left to finish or to clean up.
                for pid in HostSnapshot.descendants(of: load.pid).reversed() + [load.pid] { kill(pid, SIGKILL) }
                _ = try load.finish()
                #expect(try hull.run("images").status == 0)
            }
            try hull.expect("load", "-i", path)
            try hull.expect("rmi", "example/image:1")
            try hull.expect("image", "prune", "-f")
            #expect(HostSnapshot.names(hull.root + "/layers/sha256").isEmpty)
            #expect(HostSnapshot.names(hull.root + "/layers").allSatisfy { !$0.hasPrefix("tmp") })
            #expect(HostSnapshot.names(hull.root + "/images/blobs/sha256").isEmpty)
        }
    }
}
