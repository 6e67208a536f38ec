import LinuxSystem
import Testing

@Suite struct OwnMemoryTests {
    /// Page faults of this thread so far (proc_pid_stat(5), minflt).
    private func faults() throws -> Int {
        let text = String(decoding: try WholeFile.read("/proc/thread-self/stat") ?? [], as: UTF8.self)
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        return try #require(Int(fields[7]))
    }

    @Test func `memory that was never touched is there afterwards`() throws {
        let size = 8 << 20
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        try OwnMemory.populate(code: false)
        let before = try faults()
        for number in 0..<size { bytes.append(UInt8(truncatingIfNeeded: number)) }
        // It has 2,048 pages.
        #expect(try faults() - before < 200)
        #expect(bytes[1234] == 1234 % 256)
    }
}
