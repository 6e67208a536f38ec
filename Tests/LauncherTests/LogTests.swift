import Glibc
import LinuxSystem
import Testing

@testable import Launcher

@Suite("Logs of containers")
final class LogTests {
    private let directory: String

    init() throws {
        directory = try temporaryDirectory()
    }

    deinit {
        removeTree(directory)
    }

    private func writer(maximumSize: Int64? = nil, files: Int = 1) throws -> LogWriter {
        try LogWriter(path: directory + "/log.json", maximumSize: maximumSize, files: files)
    }

    private func lines() throws -> [LogLine] {
        let reader = try LogReader(directory: directory)
        var lines: [LogLine] = []
        while case let next = try reader.next(), !next.isEmpty { lines += next }
        return lines
    }

    @Test("lines come back as they were written, with their streams")
    func roundTrip() throws {
        var writer = try writer()
        try writer.append(Array("one\ntwo \"ä\" \\ \t\u{1}\u{7F}\n".utf8)[...], .stdout)
        try writer.append(Array("err\n".utf8)[...], .stderr)
        let lines = try lines()
        #expect(lines.map(\.text) == ["one\n", "two \"ä\" \\ \t\u{1}\u{7F}\n", "err\n"])
        #expect(lines.map(\.stream) == ["stdout", "stdout", "stderr"])
    }

    @Test("a line that comes in parts is one line; an end without newline is kept")
    func parts() throws {
        var writer = try writer()
        try writer.append(Array("ab".utf8)[...], .stdout)
        try writer.append(Array("cd\nrest".utf8)[...], .stdout)
        #expect(try lines().map(\.text) == ["abcd\n"])
        try writer.finish()
        #expect(try lines().map(\.text) == ["abcd\n", "rest"])
    }

    @Test("bytes that are no UTF-8 are replaced, and a long line is cut between characters")
    func longAndBroken() throws {
        var writer = try writer()
        try writer.append([0xFF, 0xFE, 0x0A][...], .stdout)
        let long = String(repeating: "ä", count: 20_000)
        try writer.append(Array((long + "\n").utf8)[...], .stdout)
        let lines = try lines()
        #expect(lines[0].text == "\u{FFFD}\u{FFFD}\n")
        #expect(lines.count > 2)
        #expect(lines.dropFirst().map(\.text).joined() == long + "\n")
        #expect(!lines.contains { $0.text.dropLast().contains("\u{FFFD}") && $0.text != lines[0].text })
    }

    @Test("a full file turns over, as many are kept as asked for, and a reader goes through them in order")
    func rotation() throws {
        var writer = try writer(maximumSize: 2000, files: 3)
        for number in 0..<100 { try writer.append(Array("line \(number)\n".utf8)[...], .stdout) }
        let names = try WholeFile.names(in: directory).sorted()
        #expect(names == ["log.json", "log.json.1", "log.json.2"])
        let numbers = try lines().map { $0.text }
        #expect(numbers.last == "line 99\n")
        #expect(numbers == (100 - numbers.count..<100).map { "line \($0)\n" })
    }

    @Test("a reader that follows sees what comes after a turnover")
    func followsOverTurnover() throws {
        var writer = try writer(maximumSize: 500, files: 2)
        let reader = try LogReader(directory: directory)
        var seen: [String] = []
        for number in 0..<30 {
            try writer.append(Array("line \(number)\n".utf8)[...], .stdout)
            while case let next = try reader.next(), !next.isEmpty { seen += next.map(\.text) }
        }
        #expect(seen == (0..<30).map { "line \($0)\n" })
    }

    @Test("a line that a crash cut off is passed over")
    func cutOff() throws {
        var writer = try writer()
        try writer.append(Array("whole\n".utf8)[...], .stdout)
        let file = try OwnedDescriptor.open(directory + "/log.json", O_WRONLY | O_APPEND)
        try WholeFile.write(Array("{\"log\":\"ha".utf8), to: file.number, "log")
        #expect(try lines().map(\.text) == ["whole\n"])
    }

    @Test("the last lines are counted by their ends, so that parts of a long one count once")
    func tail() throws {
        var bytes: [UInt8] = []
        for text in ["a\n", "long", "er\n", "b\n", "c"] {
            LogLine.append(Array(text.utf8)[...], "stdout", "2026-01-01T00:00:00Z", to: &bytes)
        }
        let lines = try bytes.split(separator: 0x0A).map { try #require(LogLine($0)) }
        #expect(ContainerStore.tailStart(lines, 0) == 5)
        #expect(ContainerStore.tailStart(lines, 1) == 4)
        #expect(ContainerStore.tailStart(lines, 2) == 3)
        #expect(ContainerStore.tailStart(lines, 3) == 1)
        #expect(ContainerStore.tailStart(lines, 9) == 0)
    }
}
