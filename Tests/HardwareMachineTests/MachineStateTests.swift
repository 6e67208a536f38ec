import KVM
import MachineMonitor
import Testing
import Wire

@testable import HardwareMachine

@Suite struct MachineStateTests {
    /// A state's bytes as `encoded` lays them out.
    private func bytes(processors: Int) -> [UInt8] {
        var wire = WireWriter()
        wire.put(UInt8(1))
        wire.put(UInt64(0x1234))
        wire.put(UInt32(processors))
        for processor in 0..<processors {
            for part in VCPUStatePart.allCases { wire.put([UInt8](repeating: UInt8(processor), count: part.size)) }
            wire.put(UInt32(2))
            for index in UInt32(0)..<2 {
                wire.put(index)
                wire.put(UInt64(index) << 40)
            }
        }
        for part in MachineStatePart.allCases { wire.put([UInt8](repeating: 7, count: part.size)) }
        wire.putRest([2, 3, 4, 5, 6, 7, 1, 1, 1, 9])
        wire.put(UInt16(0x20))
        return wire.bytes
    }

    @Test(arguments: [1, 4]) func comesBackAsItWasWritten(_ processors: Int) throws {
        let state = try HardwareMachineState(bytes(processors: processors))
        #expect(state.processors.count == processors)
        #expect(state.serial.received == 9)
        #expect(state.encoded == bytes(processors: processors))
        #expect(try HardwareMachineState(state.encoded) == state)
    }

    @Test func isRefusedWhereItIsCutOffOrTooLong() {
        let whole = bytes(processors: 1)
        for length in 0..<whole.count {
            #expect(throws: MachineError.self) { try HardwareMachineState(Array(whole.prefix(length))) }
        }
        #expect(throws: MachineError.self) { try HardwareMachineState(whole + [0]) }
    }

    @Test func isRefusedWithMoreThanThereCanBe() {
        var many = bytes(processors: 1)
        many.put(UInt32(255), at: 9)
        #expect(throws: MachineError.self) { try HardwareMachineState(many) }
    }
}
