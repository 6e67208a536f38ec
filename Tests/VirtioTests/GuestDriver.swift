import GuestMemory
import LinuxSystem
import Synchronization
import Testing

@testable import Virtio

/// Counts a device's interrupts.
final class InterruptCounter: InterruptLine {
    private let counter = Atomic<Int>(0)
    var count: Int { counter.load(ordering: .acquiring) }
    func raise() { counter.add(1, ordering: .acquiringAndReleasing) }
}

/// The guest's side of a device: what a driver does, over registers and guest memory. It can also do what no driver may.
final class GuestDriver<Device: VirtioDevice> {
    /// A piece of a buffer.
    enum Piece {
        /// Bytes that the device reads.
        case bytes([UInt8])
        /// Room that the device writes.
        case room(Int)
    }

    struct Queue {
        var layout = QueueLayout()
        var nextDescriptor: UInt16 = 0
        var available: UInt16 = 0
        var used: UInt16 = 0
        /// Where the room of each chain lies, by its head.
        var rooms: [UInt16: [(address: GuestAddress, length: Int)]] = [:]
    }

    let memory: GuestMemory
    let transport: MMIOTransport<Device>
    let interrupts = InterruptCounter()
    let loop: DeviceLoop
    var queues: [Queue]

    static var memoryStart: UInt64 { 0x10_0000 }
    static var memorySize: UInt64 { 4 << 20 }
    private var nextFree = memoryStart

    init(_ device: sending Device, memory: GuestMemory? = nil) throws {
        let queueCount = device.queueSizes.count
        let guestMemory = try memory ?? Self.makeMemory()
        self.memory = guestMemory
        transport = try MMIOTransport(device, memory: guestMemory, interrupt: interrupts)
        loop = try DeviceLoop([transport])
        queues = Array(repeating: Queue(), count: queueCount)
    }

    static func makeMemory() throws -> GuestMemory {
        try GuestMemory([
            GuestRegion(.memoryFile(name: "guest", size: memorySize), at: GuestAddress(memoryStart))
        ])
    }

    // MARK: - Registers

    func read(_ register: MMIORegister) -> UInt32 { UInt32(transport.read(register.rawValue, width: 4)) }
    func write(_ register: MMIORegister, _ value: UInt32) {
        transport.write(register.rawValue, width: 4, UInt64(value))
    }

    var status: DeviceStatus { DeviceStatus(rawValue: read(.status)) }

    func readConfiguration(_ offset: UInt64, width: Int) -> UInt64 { transport.read(0x100 + offset, width: width) }

    var offeredFeatures: FeatureBits {
        write(.deviceFeaturesSelect, 0)
        let low = UInt64(read(.deviceFeatures))
        write(.deviceFeaturesSelect, 1)
        return FeatureBits(rawValue: low | UInt64(read(.deviceFeatures)) << 32)
    }

    /// Takes the device as far as agreed features.
    func negotiate(_ features: FeatureBits? = nil) {
        write(.status, 0)
        write(.status, 1)
        write(.status, 3)
        let wanted = (features ?? offeredFeatures).rawValue
        for half in UInt32(0)..<2 {
            write(.driverFeaturesSelect, half)
            write(.driverFeatures, UInt32(truncatingIfNeeded: wanted >> UInt64(32 * half)))
        }
        write(.status, 11)
    }

    /// Lays a queue out in fresh memory and makes it ready.
    func setUp(queue index: Int, size: UInt16 = 16) {
        write(.queueSelect, UInt32(index))
        guard read(.queueSizeMaximum) > 0 else { return }
        var queue = Queue()
        queue.layout.size = min(size, UInt16(read(.queueSizeMaximum)))
        queue.layout.descriptors = allocate(16 * Int(queue.layout.size))
        queue.layout.available = allocate(6 + 2 * Int(queue.layout.size))
        queue.layout.used = allocate(6 + 8 * Int(queue.layout.size))
        queues[index] = queue
        place(queue.layout)
        write(.queueReady, 1)
    }

    /// Writes the selected queue's registers.
    func place(_ layout: QueueLayout) {
        write(.queueSize, UInt32(layout.size))
        for (low, high, address) in [
            (MMIORegister.queueDescriptorsLow, MMIORegister.queueDescriptorsHigh, layout.descriptors),
            (.queueAvailableLow, .queueAvailableHigh, layout.available), (.queueUsedLow, .queueUsedHigh, layout.used),
        ] {
            write(low, UInt32(truncatingIfNeeded: address.value))
            write(high, UInt32(truncatingIfNeeded: address.value >> 32))
        }
    }

    /// All of what a driver does at its start.
    func start(_ features: FeatureBits? = nil, queueSize: UInt16 = 16) {
        negotiate(features)
        for index in queues.indices { setUp(queue: index, size: queueSize) }
        write(.status, 15)
        run()
    }

    // MARK: - Buffers

    /// Zeroed memory that nothing else uses.
    func allocate(_ size: Int) -> GuestAddress {
        defer { nextFree += UInt64(size + 63) & ~63 }
        precondition(nextFree + UInt64(size) <= Self.memoryStart + Self.memorySize, "the driver is out of memory")
        return GuestAddress(nextFree)
    }

    /// Writes an entry of a descriptor table.
    func writeDescriptor(
        _ table: GuestAddress, _ index: UInt16, _ address: GuestAddress, _ length: UInt32, flags: UInt16,
        next: UInt16 = 0
    ) {
        let entry = table.value + 16 * UInt64(index)
        try! memory.write(address.value, at: GuestAddress(entry))
        try! memory.write(length, at: GuestAddress(entry + 8))
        try! memory.write(flags, at: GuestAddress(entry + 12))
        try! memory.write(next, at: GuestAddress(entry + 14))
    }

    /// Puts a head into the available ring.
    func makeAvailable(_ head: UInt16, queue index: Int) {
        let layout = queues[index].layout
        let slot = UInt64(queues[index].available % layout.size)
        try! memory.write(head, at: GuestAddress(layout.available.value + 4 + 2 * slot))
        queues[index].available &+= 1
        try! memory.write(queues[index].available, at: GuestAddress(layout.available.value + 2))
    }

    /// Makes a buffer available. Descriptors are used round and round.
    @discardableResult
    func submit(_ pieces: [Piece], queue index: Int, isIndirect: Bool = false) -> UInt16 {
        let layout = queues[index].layout
        let head = queues[index].nextDescriptor
        let count = UInt16(pieces.count)
        var rooms: [(GuestAddress, Int)] = []
        let table = isIndirect ? allocate(16 * pieces.count) : layout.descriptors
        for (step, piece) in pieces.enumerated() {
            let here = isIndirect ? UInt16(step) : (head + UInt16(step)) % layout.size
            let next = isIndirect ? UInt16(step + 1) : (head + UInt16(step) + 1) % layout.size
            var flags: UInt16 = step + 1 < pieces.count ? 1 : 0
            let address: GuestAddress
            let length: Int
            switch piece {
            case .bytes(let bytes):
                address = allocate(bytes.count)
                length = bytes.count
                try! memory.write(bytes, at: address)
            case .room(let size):
                address = allocate(size)
                length = size
                flags |= 2
                rooms.append((address, size))
            }
            writeDescriptor(table, here, address, UInt32(length), flags: flags, next: next)
        }
        if isIndirect { writeDescriptor(layout.descriptors, head, table, 16 * UInt32(count), flags: 4) }
        queues[index].nextDescriptor = (head + (isIndirect ? 1 : count)) % layout.size
        queues[index].rooms[head] = rooms
        makeAvailable(head, queue: index)
        return head
    }

    /// Tells the device of a queue, and lets it work.
    func kick(_ index: Int) {
        write(.queueNotify, UInt32(index))
        run()
    }

    /// Lets the loop handle all that is ready.
    func run() { for _ in 0..<8 { try! loop.runOnce(timeout: 0) } }

    /// The next used chain: its head, how much the device says it wrote, and the bytes of all its room.
    func takeUsed(queue index: Int) -> (head: UInt16, written: Int, bytes: [UInt8])? {
        let layout = queues[index].layout
        guard try! memory.read(UInt16.self, at: GuestAddress(layout.used.value + 2)) != queues[index].used else {
            return nil
        }
        let slot = UInt64(queues[index].used % layout.size)
        let head = UInt16(try! memory.read(UInt32.self, at: GuestAddress(layout.used.value + 4 + 8 * slot)))
        let written = Int(try! memory.read(UInt32.self, at: GuestAddress(layout.used.value + 8 + 8 * slot)))
        queues[index].used &+= 1
        let bytes = (queues[index].rooms[head] ?? []).flatMap { try! memory.bytes(at: $0.address, count: $0.length) }
        return (head, written, bytes)
    }

    /// Submits, kicks, and takes the answer.
    func request(_ pieces: [Piece], queue index: Int) -> (head: UInt16, written: Int, bytes: [UInt8])? {
        submit(pieces, queue: index)
        kick(index)
        return takeUsed(queue: index)
    }
}

extension FixedWidthInteger {
    /// The number's bytes, little-endian.
    var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian) { Array($0) } }
}
