import LinuxSystem
import Testing

@testable import Launcher

@Suite("Frames between supervisors and clients")
struct FrameTests {
    static let frames: [Frame] = [
        .hello(Frame.Hello(wantsOutput: true, writesInput: false)), .hello(.none), .recorded, .wantsInput, .stdin([]),
        .stdin([0, 255, 10]), .stdinEnd, .stdout([1]), .stderr([2, 3]), .resize(rows: 0x1234, columns: 0xFEDC),
        .signal(1), .signal(64), .started, .failed(status: 127, message: "exec ä: no such file"), .warning("w"),
        .exited(0), .exited(-1), .save(directory: "/ROOT/ä"), .saved, .refused("why"),
    ]

    @Test("every frame comes back from its packet", arguments: frames)
    func roundTrip(_ frame: Frame) {
        #expect(Frame(frame.bytes[...]) == frame)
    }

    @Test(
        "a packet that is none of ours is refused",
        arguments: [
            [], [0], [99], [1], [1, 4], [1, 0, 0], [8, 1, 2, 3], [9, 0, 0, 0, 0], [9, 65, 0, 0, 0], [9, 1, 0, 0],
            [11, 1, 2], [13, 1, 2, 3, 4, 5],
        ] as [[UInt8]])
    func refused(_ packet: [UInt8]) {
        #expect(Frame(packet[...]) == nil)
    }

    @Test("a packet that is longer than any is refused")
    func tooLong() {
        let packet = [Frame.Tag.stdout.rawValue] + [UInt8](repeating: 0, count: Frame.maximumSize)
        #expect(Frame(packet[...]) == nil)
        #expect(Frame(packet.dropLast()) != nil)
    }

    @Test("a client that sends input without leave is cut off")
    func creditIsEnforced() throws {
        let pair = try LocalSocket.Pair()
        let client = Client(pair.second, Frame.Hello(wantsOutput: true, writesInput: true))
        var buffer = [UInt8](repeating: 0, count: Frame.maximumSize)
        client.grantInput()
        try FrameSocket.send(.stdin([1]), to: pair.first.number, waits: true)
        try FrameSocket.send(.stdin([2]), to: pair.first.number, waits: true)
        #expect(client.receive(&buffer) == .stdin([1]))
        #expect(client.receive(&buffer) == nil)
        #expect(client.isGone)
    }

    @Test("what a client does not take waits, in order, and nothing of it is lost")
    func slowClient() throws {
        let pair = try LocalSocket.Pair()
        let client = Client(pair.second, Frame.Hello(wantsOutput: true, writesInput: false))
        let packets = (0..<50).map { [Frame.Tag.stdout.rawValue] + [UInt8](repeating: $0, count: 20_000) }
        for packet in packets { client.sendOutput(packet[...]) }
        #expect(client.isBehind)
        var buffer = [UInt8](repeating: 0, count: Frame.maximumSize)
        for packet in packets {
            let count = try FrameSocket.receive(from: pair.first.number, into: &buffer, waits: false)
            #expect(count.map { Array(buffer[..<$0]) } == packet)
            client.flush()
        }
        #expect(!client.isBehind)
    }
}
