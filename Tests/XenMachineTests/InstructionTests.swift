import Testing

@testable import XenMachine

@Suite struct InstructionTests {
    @Test func decodesWhatTheKernelUses() {
        #expect(PrivilegedInstruction([0x0f, 0x32])?.operation == .readModelSpecific)
        #expect(PrivilegedInstruction([0x0f, 0x30])?.length == 2)
        #expect(PrivilegedInstruction([0x0f, 0x20, 0xd7])?.operation == .readControl(register: 2, into: 7))
        #expect(PrivilegedInstruction([0x44, 0x0f, 0x20, 0xc0])?.operation == .readControl(register: 8, into: 0))
        #expect(PrivilegedInstruction([0x41, 0x0f, 0x22, 0xe1])?.operation == .writeControl(register: 4, from: 9))
        #expect(PrivilegedInstruction([0xec])?.operation == .input(width: 1, port: nil))
        #expect(PrivilegedInstruction([0x66, 0xe5, 0x42])?.operation == .input(width: 2, port: 0x42))
        #expect(PrivilegedInstruction([0x66, 0xe5, 0x42])?.length == 3)
        #expect(PrivilegedInstruction([0x0f, 0x01, 0xd1])?.operation == .setExtendedControl)
    }

    @Test(
        arguments: [
            [], [0x0f], [0x0f, 0x20], [0x90], [0x0f, 0x01], [0x0f, 0x01, 0xd0], [0xe4], [0xf4, 0x0f],
            [UInt8](repeating: 0x66, count: 15),
        ] as [[UInt8]])
    func endsOnEveryInput(_ code: [UInt8]) {
        if let instruction = PrivilegedInstruction(code) { #expect(instruction.length <= UInt64(code.count)) }
    }

    @Test func everyTwoBytesHaveAnEnd() {
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                if let instruction = PrivilegedInstruction([first, second, 0xc0]) { #expect(instruction.length <= 3) }
            }
        }
    }
}
