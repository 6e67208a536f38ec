import GuestMemory
import KVM
import MachineMonitor
import Testing

@testable import XenMachine

@Suite struct MachineStateTests {
    private let domain: XenDomain
    private let policy = ProcessorPolicy(frequency: 2_000_000, processors: 2)

    init() throws {
        let memory = try GuestMemory([GuestRegion(.anonymous(size: 1 << 20), at: GuestAddress(0))])
        domain = try XenDomain(memory, memorySize: 1 << 20, processors: 2)
    }

    private var state: XenMachineState {
        func bytes(_ part: VCPUStatePart) -> [UInt8] { [UInt8](repeating: part.rawValue, count: part.size) }
        let processor = XenProcessorState(
            isInitialised: true, isUp: true, general: bytes(.general), special: bytes(.special),
            vectors: bytes(.vectors), deadline: 9, timePlace: 0x5000, informationPlace: 0x6040,
            traps: [14: .init(address: 0xffff_ffff_8100_0000, masksEvents: true)], eventEntry: 77)
        var other = processor
        other.isUp = false
        return XenMachineState(
            monitor: MonitorSetup.checksum, processor: policy.fingerprint, time: 5,
            channels: [
                1: .init(binding: .virtualInterrupt(0), processor: 1),
                7: .init(binding: .physicalInterrupt(15), processor: 0),
                9: .init(binding: .interprocessor, processor: 1),
                4095: .init(binding: .other, processor: 0),
            ], processors: [processor, other])
    }

    @Test func comesBackAsItWasWritten() throws {
        let state = state
        #expect(try XenMachineState(state.encoded) == state)
        try state.check(domain, policy)
        var bare = state
        bare.processors[0].deadline = nil
        bare.processors[0].timePlace = nil
        bare.processors[0].traps = [:]
        bare.channels = [:]
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
        state.channels = bindings.reduce(into: [:]) {
            $0[$1.key & 0xffff_ffff] = .init(binding: $1.value, processor: 0)
        }
        let encoded = state.encoded
        #expect(throws: MachineError.self) { try XenMachineState(encoded) }
    }

    @Test func isRefusedOfAnotherMonitorOrProcessor() {
        var other = state
        other.monitor ^= 1
        #expect(throws: MachineError.self) { try other.check(domain, policy) }
        other = state
        other.processor ^= 1
        #expect(throws: MachineError.self) { try other.check(domain, policy) }
    }

    @Test(arguments: [UInt64(1 << 20), 1 << 20 - 16, 0x5004, .max, .max - 7])
    func isRefusedWithPlacesThatAreNoMemory(_ place: UInt64) {
        var other = state
        other.processors[1].informationPlace = place
        #expect(throws: MachineError.self) { try other.check(domain, policy) }
        other = state
        other.processors[1].timePlace = place
        #expect(throws: MachineError.self) { try other.check(domain, policy) }
    }

    @Test func isRefusedOfOtherProcessorsThanThereAre() throws {
        var other = state
        other.processors.removeLast()
        #expect(throws: MachineError.self) { try other.check(domain, policy) }
        other = state
        other.channels[1]?.processor = 2
        #expect(throws: MachineError.self) { try other.check(domain, policy) }
        other = state
        other.processors = Array(repeating: other.processors[0], count: XenMachine.maximumProcessors + 1)
        let encoded = other.encoded
        #expect(throws: MachineError.self) { try XenMachineState(encoded) }
        // One that runs has begun.
        other = state
        other.processors[0].isInitialised = false
        let running = other.encoded
        #expect(throws: MachineError.self) { try XenMachineState(running) }
    }
}
