import Testing

@testable import Launcher

@Suite("Keys that detach")
struct DetachKeysTests {
    @Test("the sequence detaches, also when it comes in parts")
    func detaches() {
        var keys = DetachKeys([16, 17])
        #expect(keys.take([97, 16, 17, 98]) == (passed: [97], detaches: true))
        var parts = DetachKeys([16, 17])
        #expect(parts.take([16]) == (passed: [], detaches: false))
        #expect(parts.take([17]) == (passed: [], detaches: true))
    }

    @Test("the start of the sequence is passed on when something else follows")
    func notTheSequence() {
        var keys = DetachKeys([16, 17])
        #expect(keys.take([16, 97]) == (passed: [16, 97], detaches: false))
        #expect(keys.take([16]) == (passed: [], detaches: false))
        #expect(keys.take([16, 17]) == (passed: [16], detaches: true))
    }

    @Test("without keys all is passed on")
    func none() {
        var keys = DetachKeys([])
        #expect(keys.take([16, 17]) == (passed: [16, 17], detaches: false))
    }
}
