import Testing
import Wire

@testable import hull_vmm

@Suite struct ControlMessageTests {
    @Test(arguments: [(1, .pause, 0), (2, .resume, 0), (3, .snapshot, 2)] as [(UInt8, ControlRequest.Kind, Int)])
    func requestsAreRead(_ byte: UInt8, _ kind: ControlRequest.Kind, _ descriptors: Int) throws {
        let request = try ControlRequest([1, byte, 4, 3, 2, 1])
        #expect(request.kind == kind)
        #expect(request.number == 0x0102_0304)
        #expect(request.descriptorCount == descriptors)
    }

    @Test(
        arguments: [
            [], [1], [1, 1, 0, 0, 0], [2, 1, 0, 0, 0, 0],
            [1, 1, 0, 0, 0, 0, 0],
        ] as [[UInt8]])
    func otherPacketsAreRefused(_ bytes: [UInt8]) {
        #expect(throws: WireError.self) { try ControlRequest(bytes) }
    }

    @Test func whatIsNotKnownHasANumberAllTheSame() throws {
        let request = try ControlRequest([1, 200, 7, 0, 0, 0])
        #expect(request.kind == nil)
        #expect(request.number == 7)
    }

    @Test func repliesTellWhyNot() {
        #expect(ControlReply(number: 5, failure: nil).encoded == [1, 0, 5, 0, 0, 0, 0, 0, 0, 0])
        #expect(ControlReply(number: 5, failure: "no").encoded == [1, 1, 5, 0, 0, 0, 2, 0, 0, 0] + Array("no".utf8))
        let long = ControlReply(number: 5, failure: String(repeating: "x", count: 5000)).encoded
        #expect(long.count == 10 + 1024)
    }
}
