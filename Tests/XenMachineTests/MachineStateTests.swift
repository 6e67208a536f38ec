import GuestMemory
import KVM
import MachineMonitor
import Testing

@testable import XenMachine

@Suite struct MachineStateTests {
    private let memory: GuestMemory
    private let policy = ProcessorPolicy(frequency: 2_000_000)

    init() throws {
        memory = try GuestMemory([GuestRegion(.anonymous(size: 1 << 20), at: GuestAddress(0))])
    }

    private var state: XenMachineState {
        func bytes(_ part: VCPUStatePart) -> [UInt8] { [UInt8](repeating: part.rawValue, count: part.size) }
        return XenMachineState(
            monitor: MonitorSetup.checksum, processor: policy.fingerprint, general: bytes(.general),
            special: bytes(.special), vectors: bytes(.vectors), time: 5, deadline: 9, timePlace: 0x5000,
            processorInformation: 0x6040, bindings: [1: .virtualInterrupt(0), 7: .physicalInterrupt(15), 4095: .other],
            traps: [14: .init(address: 0xffff_ffff_8100_0000, masksEvents: true)], eventEntry: 77)
    }

    @Test func comesBackAsItWasWritten() throws {
        let state = state
        #expect(try XenMachineState(state.encoded) == state)
        try state.check(memory, policy)
        var bare = state
        bare.deadline = nil
        bare.timePlace = nil
        bare.bindings = [:]
        bare.traps = [:]
        #expect(try XenMachineState(bare.encoded) == bare)
    }

    @Test func isRefusedWhereItIsCutOffOrTooLong() throws {
        let bytes = state.encoded
        for length in 0..<bytes.count {
            #expect(throws: MachineError.self) { try XenMachineState(Array(bytes.prefix(length))) }
        }
        #expect(throws: MachineError.self) { try XenMachineState(bytes + [0]) }
    }

    @Test(
        arguments: [
            [4096: .other], [0: .other], [1: .virtualInterrupt(24)], [1: .physicalInterrupt(16)],
            [-1: .other],
        ] as [[Int: EventChannels.Binding]])
    func isRefusedWithChannelsThatThereCannotBe(_ bindings: [Int: EventChannels.Binding]) {
        var state = state
        state.bindings = bindings.reduce(into: [:]) { $0[$1.key & 0xffff_ffff] = $1.value }
        let encoded = state.encoded
        #expect(throws: MachineError.self) { try XenMachineState(encoded) }
    }

    @Test func isRefusedOfAnotherMonitorOrProcessor() {
        var other = state
        other.monitor ^= 1
        #expect(throws: MachineError.self) { try other.check(memory, policy) }
        other = state
        other.processor ^= 1
        #expect(throws: MachineError.self) { try other.check(memory, policy) }
    }

    @Test(arguments: [UInt64(1 << 20), 1 << 20 - 16, 0x5004, .max, .max - 7])
    func isRefusedWithPlacesThatAreNoMemory(_ place: UInt64) {
        var other = state
        other.processorInformation = place
        #expect(throws: MachineError.self) { try other.check(memory, policy) }
        other = state
        other.timePlace = place
        #expect(throws: MachineError.self) { try other.check(memory, policy) }
    }
}
