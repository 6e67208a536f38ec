import MachineMonitor
import Testing

@Suite struct ConsoleLogTests {
    @Test func keepsTheLastLines() {
        let log = ConsoleLog(-1)
        for line in 0..<10_000 { log.write(Array("line \(line)\n".utf8)) }
        #expect(log.lastLines(2) == ["line 9998", "line 9999"])
    }

    @Test func leavesControlCharactersOut() {
        let log = ConsoleLog(-1)
        log.write([0x1b, 0x5b, 0x41, 0x07, 0x0a, 0xff])
        #expect(log.lastLines(5).first == "[A")
    }

    @Test func findsTheReasonOfAPanic() {
        let log = ConsoleLog(-1)
        log.write(Array("[    1.2] Run /init\nKernel panic\n".utf8))
        #expect(log.panic == nil)
        log.write(Array("[    1.3] Kernel panic - not syncing: Attempted to kill init!\nmore\n".utf8))
        #expect(log.panic == "Attempted to kill init!")
    }
}
