import AgentProtocol
import Glibc
import LinuxSystem
import Testing

@testable import hull_agent

@Suite struct StreamPumpTests {
    @Test func outputGoesNoFurtherThanItsCredit() throws {
        let pipe = try Pipe()
        try pipe.read.setNonBlocking()
        try pipe.write.setNonBlocking()
        let pump = OutputPump(.stdout, try pipe.read.duplicate())
        let piece = [UInt8](repeating: 7, count: 32 << 10)
        var read = 0
        while pump.descriptor >= 0 {
            #expect(write(pipe.write.number, piece, piece.count) == piece.count)
            read += pump.read(isLast: false).count
        }
        #expect(read == Int(AgentLimits.window))
        #expect(pump.read(isLast: false).isEmpty)
        #expect(!pump.hasEnded)
        pump.grant(100)
        _ = write(pipe.write.number, piece, piece.count)
        #expect(pump.read(isLast: false).count == 100)
    }

    @Test func outputEndsWithItsLastWriter() throws {
        let pipe = try Pipe()
        try pipe.read.setNonBlocking()
        let pump = OutputPump(.stderr, try pipe.read.duplicate())
        #expect(pump.read(isLast: false).isEmpty)
        #expect(!pump.hasEnded)
        #expect(write(pipe.write.number, "abc", 3) == 3)
        #expect(pump.read(isLast: true) == Array("abc".utf8))
        #expect(!pump.hasEnded)
        // The writer lives on, but the process has ended: what is not there now is nobody's.
        #expect(pump.read(isLast: true).isEmpty)
        #expect(pump.hasEnded)
    }

    @Test func inputWaitsForItsReaderAndGivesCreditBack() throws {
        let pipe = try Pipe()
        try pipe.read.setNonBlocking()
        try pipe.write.setNonBlocking()
        let pump = InputPump(try pipe.write.duplicate(), isTerminal: false)
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
        for start in stride(from: 0, to: bytes.count, by: 50_000) {
            let isWithin = pump.take(Array(bytes[start..<start + 50_000]))
            #expect(isWithin)
        }
        pump.end()
        var received: [UInt8] = []
        var granted: UInt32 = 0
        var buffer = [UInt8](repeating: 0, count: 8192)
        for _ in 0..<200 {
            granted += pump.flush().granted ?? 0
            let count = read(pipe.read.number, &buffer, buffer.count)
            if count > 0 { received += buffer[..<count] }
        }
        #expect(received == bytes)
        #expect(granted > 0)
        #expect(pump.descriptor == -1)
    }

    @Test func aFullPipeIsLeftForAWhileToAReaderThatTakesLittle() throws {
        let pipe = try Pipe()
        try pipe.write.setNonBlocking()
        let pump = InputPump(try pipe.write.duplicate(), isTerminal: false)
        /// Looks whether poll(2) finds room.
        func isReady() throws -> Bool {
            var set = PollSet()
            pump.watch(&set)
            _ = try set.wait(timeout: 0)
            return pump.isReady(set)
        }
        func readAll(_ count: Int) {
            var buffer = [UInt8](repeating: 0, count: count)
            #expect(read(pipe.read.number, &buffer, count) == count)
        }
        for _ in 0..<2 {
            let isWithin = pump.take([UInt8](repeating: 1, count: Int(AgentLimits.window)))
            #expect(isWithin)
            _ = pump.flush()
        }
        // The pipe was made longer, and is full all the same.
        #expect(pump.descriptor >= 0 && !pump.isPausing)
        #expect(try !isReady())
        readAll(4096)
        #expect(try isReady())
        _ = pump.flush()
        #expect(pump.isPausing && pump.descriptor == -1)
        // After the pause: nobody has read, so poll(2) is to tell.
        #expect(try isReady())
        _ = pump.flush()
        #expect(!pump.isPausing)
        #expect(try !isReady())
        readAll(128 << 10)
        _ = pump.flush()
        #expect(!pump.isPausing)
    }

    @Test func inputThatWasNotAllowedIsRefused() throws {
        let pipe = try Pipe()
        try pipe.write.setNonBlocking()
        let pump = InputPump(try pipe.write.duplicate(), isTerminal: false)
        let first = pump.take([UInt8](repeating: 0, count: Int(AgentLimits.window)))
        let second = pump.take([0])
        #expect(first && !second)
    }

    @Test func aReaderThatIsGoneClosesTheInput() throws {
        signal(SIGPIPE, SIG_IGN)
        let pump: InputPump
        do {
            let pipe = try Pipe()
            pump = InputPump(try pipe.write.duplicate(), isTerminal: false)
        }
        _ = pump.take([1, 2, 3])
        #expect(pump.flush().isClosed)
        #expect(pump.descriptor == -1)
    }

    @Test func anEndIsToldAfterAllOutput() throws {
        let output = try Pipe()
        let errors = try Pipe()
        try output.read.setNonBlocking()
        try errors.read.setNonBlocking()
        let process = ManagedProcess(
            number: 1, stdout: try output.read.duplicate(), stderr: try errors.read.duplicate(), input: nil)
        #expect(process.exit(ranOutOfMemory: false) == nil)
        #expect(write(output.write.number, "last", 4) == 4)
        process.status = 3 << 8
        #expect(process.exit(ranOutOfMemory: false) == nil)
        for pump in process.outputs { while !pump.hasEnded { _ = pump.read(isLast: true) } }
        #expect(process.exit(ranOutOfMemory: false) == .init(code: 3))
        process.status = 9
        #expect(process.exit(ranOutOfMemory: true) == .init(code: 137, signal: 9, ranOutOfMemory: true))
    }
}
