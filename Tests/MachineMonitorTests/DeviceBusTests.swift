import MachineMonitor
import Synchronization
import Testing

private final class Register: BusDevice {
    let value = Atomic<UInt64>(0)
    func load(_ offset: UInt64, length: UInt32) -> UInt64 { value.load(ordering: .relaxed) + offset }
    func store(_ offset: UInt64, length: UInt32, _ value: UInt64) { self.value.store(value, ordering: .relaxed) }
}

@Suite struct DeviceBusTests {
    @Test func reachesTheDeviceByItsOffset() {
        var bus = DeviceBus()
        let device = Register()
        bus.attach(device, at: 0x1000, size: 16)
        bus.store(0x1000, length: 4, 40)
        #expect(bus.load(0x1002, length: 2) == 42)
    }

    @Test(arguments: [UInt64(0), 0xfff, 0x100d, 0x1010, .max]) func findsOnesWhereNothingIs(_ address: UInt64) {
        var bus = DeviceBus()
        bus.attach(Register(), at: 0x1000, size: 16)
        #expect(bus.load(address, length: 4) == .max)
        bus.store(address, length: 4, 1)
    }
}
