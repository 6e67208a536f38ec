import LinuxSystem
import MachineMonitor
import Synchronization
import Testing
import Virtio

/// A device that is one register.
private final class Register: MMIODevice {
    let value = Atomic<UInt64>(0)
    var queueEvents: [EventDescriptor] { [] }
    var fault: VirtioError? { nil }
    func read(_ offset: UInt64, width: Int) -> UInt64 { value.load(ordering: .relaxed) + offset }
    func write(_ offset: UInt64, width: Int, _ value: UInt64) { self.value.store(value, ordering: .relaxed) }
    func attach(_ watch: DescriptorWatch) {}
    func ready(_ token: UInt64, _ readiness: Readiness) {}
    func save() -> TransportState { fatalError("nothing is saved") }
    func restore(_ state: TransportState) throws(RestoreError) {}
}

@Suite struct DeviceBusTests {
    @Test func reachesTheDeviceByItsOffset() {
        var bus = DeviceBus()
        bus.attach(Register(), at: 0x1000, size: 16)
        bus.store(0x1000, length: 4, 40)
        #expect(bus.load(0x1002, length: 2) == 42)
    }

    @Test(arguments: [UInt64(0), 0xfff, 0x100d, 0x1010, .max]) func findsOnesWhereNothingIs(_ address: UInt64) {
        var bus = DeviceBus()
        bus.attach(Register(), at: 0x1000, size: 16)
        #expect(bus.load(address, length: 4) == .max)
        bus.store(address, length: 4, 1)
    }

    @Test func aBoardGivesEachDeviceAPlace() throws {
        var board = DeviceBoard()
        for _ in 0..<10 { try board.add { _ in Register() } }
        #expect(Set(board.slots.map(\.interrupt)).count == 10)
        #expect(Set(board.slots.map(\.address)).count == 10)
        #expect(board.commandLine.hasPrefix("virtio_mmio.device=4K@0xd0000000:5 virtio_mmio.device=4K@0xd0001000:6"))
        #expect(throws: MachineError.self) { try board.add { _ in Register() } }
        board.bus.store(board.slots[3].address, length: 4, 7)
        #expect(board.bus.load(board.slots[3].address, length: 4) == 7)
    }
}
