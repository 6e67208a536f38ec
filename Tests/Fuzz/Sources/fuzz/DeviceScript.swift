import GuestMemory
import LinuxSystem
@testable import Virtio
import Wire

/// Takes bytes for what a guest, and the world on the other side of its device, do one after the other. All that can come
/// out is a device that needs a reset: anything else stops the fuzzer.
struct DeviceScript {
    private var script: ScriptBytes

    init(_ bytes: [UInt8]) { script = ScriptBytes(bytes) }

    static let memoryStart: UInt64 = 0x1000
    static let memorySize: UInt64 = 0x1_0000

    /// An address: mostly in memory, sometimes at its ends or far outside.
    private mutating func address() -> GuestAddress {
        let kind = script.byte()
        switch kind & 15 {
        case 0: return GuestAddress(Self.memoryStart + Self.memorySize - UInt64(script.byte()))
        case 1: return GuestAddress(script.number(8))
        case 2: return GuestAddress(UInt64.max - UInt64(script.byte()))
        default: return GuestAddress(Self.memoryStart + script.number(2))
        }
    }

    /// Runs the script. `host` is called with some bytes for what the world does.
    mutating func run<Device: VirtioDevice>(
        on device: sending Device, host: ([UInt8]) -> Void = { _ in }
    ) throws {
        let memory = try GuestMemory([
            GuestRegion(.memoryFile(name: "fuzz", size: Self.memorySize), at: GuestAddress(Self.memoryStart))
        ])
        let transport = try MMIOTransport(device, memory: memory, interrupt: EventDescriptor())
        let loop = try DeviceLoop([transport])
        // From the first queue's end on memory is for buffers; queues lie one behind the other.
        var available = [UInt16](repeating: 0, count: transport.queueEvents.count)
        func write(_ register: MMIORegister, _ value: UInt64) {
            transport.write(register.rawValue, width: 4, value)
        }
        func queueStart(_ index: Int) -> UInt64 { Self.memoryStart + UInt64(index) * 0x400 }
        /// Takes the device to where queues work: eight entries each.
        func start(features: UInt64) {
            available = available.map { _ in 0 }
            for status in [UInt64(0), 1, 3] { write(.status, status) }
            for half in UInt64(0)..<2 {
                write(.deviceFeaturesSelect, half)
                write(.driverFeaturesSelect, half)
                let offered = transport.read(MMIORegister.deviceFeatures.rawValue, width: 4)
                write(.driverFeatures, offered & (half == 0 ? features : 0xffff_ffff))
            }
            write(.status, 11)
            for index in available.indices {
                let start = queueStart(index)
                try? memory.fill(0, at: GuestAddress(start), count: 0x200)
                write(.queueSelect, UInt64(index))
                write(.queueSize, min(8, transport.read(MMIORegister.queueSizeMaximum.rawValue, width: 4)))
                write(.queueDescriptorsLow, start)
                write(.queueAvailableLow, start + 0x100)
                write(.queueUsedLow, start + 0x180)
                write(.queueReady, 1)
            }
            write(.status, 15)
        }
        func makeAvailable(_ head: UInt16, _ queue: Int) {
            let ring = queueStart(queue) + 0x100
            try? memory.write(head, at: GuestAddress(ring + 4 + 2 * UInt64(available[queue] % 8)))
            available[queue] &+= 1
            try? memory.write(available[queue], at: GuestAddress(ring + 2))
        }
        func writeDescriptor(
            _ table: UInt64, _ index: Int, _ address: GuestAddress, _ length: UInt64, _ flags: UInt64, _ next: UInt64
        ) {
            let entry = table &+ 16 &* UInt64(index)
            try? memory.write(address.value, at: GuestAddress(entry))
            try? memory.write(length & 0xffff_ffff | flags << 32 | next << 48, at: GuestAddress(entry &+ 8))
        }

        start(features: 0xffff_ffff)
        // As many actions as a small input has; each takes at least a byte.
        while !script.isEmpty {
            let action = script.byte()
            let queue = Int(script.byte()) % available.count
            switch action & 15 {
            case 0: transport.write(script.number(2) & 0x1ff, width: 4, script.number(4))
            case 1: transport.write(0x100 + UInt64(script.byte()), width: 1 << Int(script.byte() & 3), script.number(8))
            case 2: _ = transport.read(script.number(2) & 0x3ff, width: 1 << Int(script.byte() & 3))
            case 3: try? memory.write(script.bytes(Int(script.byte())), at: address())
            case 4:
                writeDescriptor(
                    queueStart(queue), Int(script.byte() & 7), address(), script.number(3), UInt64(script.byte() & 7),
                    UInt64(script.byte() & 15))
            case 5: makeAvailable(UInt16(script.byte() & 15), queue)
            case 6: start(features: script.number(4))
            case 7: host(script.bytes(Int(script.byte())))
            case 8:
                // A buffer as a driver makes it: bytes to read, then room to write.
                let place = Self.memoryStart + 0x2000 + script.number(2) & 0xdfff
                let readable = script.bytes(Int(script.byte()))
                let room = script.number(2)
                try? memory.write(readable, at: GuestAddress(place))
                let head = Int(available[queue] % 4) * 2
                let start = queueStart(queue)
                if readable.isEmpty {
                    writeDescriptor(start, head, GuestAddress(place), room, 2, 0)
                } else {
                    writeDescriptor(
                        start, head, GuestAddress(place), UInt64(readable.count), room > 0 ? 1 : 0, UInt64(head + 1))
                    writeDescriptor(
                        start, head + 1, GuestAddress(place + UInt64(readable.count)), room, 2, 0)
                }
                makeAvailable(UInt16(head), queue)
                write(.queueNotify, UInt64(queue))
            case 9: try checkSaving(transport, memory)
            default: write(.queueNotify, UInt64(queue))
            }
            try loop.runOnce(timeout: 0)
        }
        for _ in 0..<4 { try loop.runOnce(timeout: 0) }
    }

    /// What is saved can be read again, and is the same.
    private func checkSaving<Device>(_ transport: MMIOTransport<Device>, _ memory: GuestMemory) throws {
        let state = transport.save()
        var wire = WireWriter()
        state.encode(to: &wire)
        var reader = WireReader(wire.bytes)
        guard try TransportState(from: &reader) == state else { fatalError("the saved state is not what was saved") }
    }
}
