import Glibc
import Testing

/// Vector registers in a guest: all of them, over many switches between processes and through snapshots (Guest/vectors.c).
@Suite(.serialized, .enabled(if: Guest.isAvailable)) struct VectorTests {
    /// The archive of a root file system with the program alone.
    private static func image() throws -> String {
        let archive = Environment.shared + "/vectors.tar"
        if access(archive, R_OK) == 0 { return archive }
        let tree = Environment.shared + "/vectors"
        let source = #filePath.split(separator: "/").dropLast().joined(separator: "/")
        mkdir(tree, 0o755)
        try tool(
            "gcc", "-static", "-O2", "-Wall", "-Wextra", "-Werror", "-mgeneral-regs-only", "-Wl,-evectors_start", "-o",
            tree + "/vectors", "/\(source)/Guest/vectors.c")
        try tool("tar", "-C", tree, "-cf", archive + ".new", ".")
        try tool("mv", archive + ".new", archive)
        return archive
    }

    private func withVectors(_ body: (Hull) throws -> Void) throws {
        try withMachines(busybox: false) { hull in
            try hull.expect("import", try Self.image(), "vectors")
            try body(hull)
        }
    }

    /// The components of the state, as the program tells of them: x87, SSE and AVX at least, AVX-512 where XCR0 has it.
    private func components(_ line: String) throws -> UInt32 {
        let word = try #require(line.split { $0 == " " || $0 == "," }.dropFirst().first)
        return try #require(UInt32(word.dropFirst(2), radix: 16))
    }

    @Test(arguments: ["1", "2"])
    func eachProcessKeepsAllOfItsRegistersAndANewOneHasNone(_ processors: String) throws {
        try withVectors { hull in
            // Several processes a processor, each of which also starts children that execute the program anew.
            let outcome = try hull.run(
                "run", "--rm", "--isolation=vm", "--cpus", processors, "vectors", "/vectors", "run", "6", "12",
                seconds: 300)
            #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome)")
            #expect(outcome.lines.count == 2 && outcome.lines.last == "kept: 6 of 6", "\(outcome)")
            #expect(outcome.lines.first?.hasSuffix("processors: \(processors)") == true, "\(outcome)")
            #expect(try components(outcome.lines.first ?? "") & 7 == 7, "\(outcome)")
        }
    }

    /// On each processor one process never leaves ring 3, another waits its turn, and a third sleeps.
    @Test func registersGoThroughASnapshot() throws {
        try withVectors { hull in
            try hull.expect(
                "run", "-d", "--isolation=vm", "--cpus", "2", "--name", "source", "vectors", "/vectors", "hold")
            let holds = try Clock.wait(seconds: 60) { try hull.run("logs", "source").lines.contains("holding") }
            try #require(holds)
            try hull.expect("snapshot", "create", "saved", "source")
            for name in ["one", "two"] { try hull.expect("run", "-d", "--from-snapshot", "saved", "--name", name) }
            for name in ["source", "one", "two"] {
                try hull.expect("exec", name, "/vectors", "go")
                #expect(try hull.expect("wait", name) == "0")
                let lines = try hull.run("logs", name).lines
                #expect(lines.last == "kept: 5 of 5", "\(name): \(lines)")
            }
            try hull.expect("rm", "source", "one", "two")
            try hull.expect("snapshot", "rm", "saved")
        }
    }
}
