import Glibc
import LinuxSystem
import OCISpec
import RegistryEvents
import Testing

@testable import Launcher

private func layer(_ number: UInt8) -> Digest { Digest(sha256: [UInt8](repeating: number, count: 32)) }

@Test func barFillsWithTheBytesThatCame() {
    var bars = LayerBars()
    bars.set(layer(1), .downloading(done: 5_000_000, size: 20_000_000))
    #expect(
        bars.lines(columns: 60, rows: 10) == ["010101010101: Downloading  [====>           ]  5.0MB/20.0MB"])
    bars.set(layer(1), .downloading(done: 20_000_000, size: 20_000_000))
    #expect(bars.lines(columns: 120, rows: 10).first?.contains(String(repeating: "=", count: 50) + "]") == true)
}

@Test func narrowTerminalsShowWhatFits() {
    var bars = LayerBars()
    bars.set(layer(1), .downloading(done: 5_000_000, size: 20_000_000))
    #expect(bars.lines(columns: 42, rows: 10) == ["010101010101: Downloading 5.0MB/20.0MB"])
    #expect(bars.lines(columns: 32, rows: 10) == ["010101010101: Downloading 25%"])
}

@Test(arguments: [1, 2, 10, 20, 40, 79, 80, 200])
func noLineReachesTheLastColumn(columns: Int) {
    var bars = LayerBars()
    for number in UInt8(0)..<6 { bars.set(layer(number), .downloading(done: Int64(number) * 999, size: 6000)) }
    for line in bars.lines(columns: columns, rows: 4) { #expect(line.count <= max(columns - 1, 1)) }
}

@Test func moreLayersThanRowsAreCounted() {
    var bars = LayerBars()
    for number in UInt8(0)..<10 { bars.set(layer(number), number < 3 ? .complete : .downloading(done: 0, size: 1)) }
    let lines = bars.lines(columns: 80, rows: 5)
    #expect(lines.count == 5)
    #expect(lines.last == "3 of 10 layers complete, 3 more waiting")
    #expect(lines.first == "030303030303: Waiting")
}

@Test(arguments: [
    (0, "0B"), (999, "999B"), (1000, "1.0kB"), (12_345_678, "12.3MB"), (999_960, "1.0MB"), (123_456_789_012, "123GB"),
])
func amountsAreShort(bytes: Int64, text: String) {
    #expect(LayerBars.bytes(bytes) == text)
}

@Test func eventsSurviveTheirLine() throws {
    let descriptor = Descriptor(mediaType: MediaType.manifest, digest: layer(9), size: 7)
    let events: [PullEvent] = [
        .resolving(reference: "docker.io/library/a:b"), .layer(digest: layer(1), size: 10, done: 3),
        .exists(digest: layer(1), size: 10), .verified(digest: layer(1), size: 10), .retrying(reason: "broken\nline"),
        .warning(message: "x"),
        .done(PulledImage(reference: "a", target: descriptor, manifest: descriptor, isUpToDate: true)),
        .failed(kind: "network", message: "gone"),
    ]
    for event in events {
        let line = try event.line()
        #expect(line.filter { $0 == UInt8(ascii: "\n") }.count == 1)
        #expect(try PullEvent(line: Array(line.dropLast())) == event)
    }
}

@Test func childGetsArgumentsAndDescriptorsAndItsStatusIsRead() throws {
    let shell = try #require(ChildProgram.find("sh"))
    var ends: [Int32] = [-1, -1]
    #expect(unsafe pipe(&ends) == 0)
    let child = try ChildProgram.spawn(
        shell, ["-c", "printf %s \"$0-$VALUE\" >&5; exit 7", "word"], descriptors: [(5, ends[1])],
        environment: ["VALUE=x"])
    close(ends[1])
    #expect(try child.wait() == 7)
    var buffer = [UInt8](repeating: 0, count: 64)
    let count = unsafe read(ends[0], &buffer, buffer.count)
    #expect(String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self) == "word-x")
    close(ends[0])
    #expect(try ChildProgram.spawn(shell, ["-c", "kill -9 $$"]).wait() == 137)
    #expect(throws: SystemError.self) { try ChildProgram.spawn("/nonexistent", []) }
}
