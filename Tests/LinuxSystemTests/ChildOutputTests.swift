import LinuxSystem
import Testing

@Suite struct ChildOutputTests {
    private func output(_ script: String, stream: Int32, limit: Int = 1 << 16) throws -> ChildProgram.Output {
        try ChildProgram.output(of: "/bin/sh", ["-c", script], stream: stream, silent: true, limit: limit)
    }

    @Test func theChosenStreamIsRead() throws {
        let script = "echo out; echo err >&2; exit 3"
        let first = try output(script, stream: 1)
        #expect(first.text == "out\n" && first.status == 3 && first.lastLine == "out")
        #expect(try output(script, stream: 2).text == "err\n")
    }

    @Test func onlyTheEndIsKept() throws {
        let result = try output("yes | head -c 1000000; echo end", stream: 1, limit: 10)
        #expect(result.text == "y\ny\ny\nend\n".suffix(10) && result.status == 0)
    }

    @Test func itHasNoInput() throws {
        #expect(try output("cat; echo end", stream: 1).text == "end\n")
    }
}
