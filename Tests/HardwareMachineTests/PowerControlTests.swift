import Synchronization
import Testing

@testable import HardwareMachine
@testable import MachineMonitor

@Suite("power-off and reset")
struct PowerControlTests {
    /// What was asked for.
    final class Requests: Sendable {
        private let ends = Mutex<[MachineEnd]>([])
        func add(_ end: MachineEnd) { ends.withLock { $0.append(end) } }
        var all: [MachineEnd] { ends.withLock { $0 } }
    }

    private let requests = Requests()
    private let control: PowerControl

    init() {
        let requests = requests
        control = PowerControl { requests.add($0) }
    }

    @Test func powersOffByTheSleepTypeAndTheEnableBitTogether() {
        control.store(4, length: 2, 5 << 10)
        control.store(4, length: 2, 1 << 13)
        control.store(4, length: 2, 3 << 10 | 1 << 13)
        #expect(requests.all.isEmpty)
        control.store(4, length: 2, 5 << 10 | 1 << 13)
        #expect(requests.all == [.poweredOff])
    }

    @Test func resetsByTheValueOfTheTable() {
        control.store(8, length: 1, 0)
        #expect(requests.all.isEmpty)
        control.store(8, length: 1, UInt32(PowerControl.resetValue))
        #expect(requests.all == [.rebooted])
    }

    @Test func resetsByTheKeyboardController() {
        let requests = requests
        let keyboard = KeyboardReset { requests.add($0) }
        keyboard.store(0, length: 1, 0xd1)
        #expect(requests.all.isEmpty)
        keyboard.store(0, length: 1, 0xfe)
        #expect(requests.all == [.rebooted])
        // Its input buffer is empty, or drivers wait for it.
        #expect(keyboard.load(0, length: 1) & 2 == 0)
    }

    @Test func isInACPIModeAndRemembersWhichEventsAreEnabled() {
        #expect(control.load(4, length: 2) == 1)
        control.store(2, length: 2, 0x120)
        #expect(control.load(2, length: 2) == 0x120)
        #expect(control.load(0, length: 4) == 0x120_0000)
        #expect(control.load(0, length: 2) == 0)
    }
}
