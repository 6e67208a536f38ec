import CGuestMonitor
import GuestMemory
import MachineMonitor
import Synchronization

/// A guest's event channels: numbered bits in the shared information page, by which the kernel learns of interrupts. There
/// are two levels (Xen's public header xen.h, struct shared_info): 4096 bits, and in each processor's own structure one bit
/// for each word of them. The guest's processors change both at any time, so each change is one step.
final class EventChannels: Sendable {
    /// What a channel was bound to.
    enum Binding: Equatable, Sendable {
        case virtualInterrupt(UInt32)
        case physicalInterrupt(UInt32)
        /// One processor of the guest raises it for another.
        case interprocessor
        /// Not connected: nothing of ours raises it.
        case other
    }

    /// A channel that is bound, and the processor that is told of it.
    struct Channel: Equatable, Sendable {
        var binding: Binding
        var processor: Int

        /// Whether the processor is a part of what it was bound to, and stays.
        fileprivate var isOfProcessor: Bool {
            switch binding {
            case .virtualInterrupt(let number): EventChannels.isOfProcessor(virtualInterrupt: number)
            case .interprocessor: true
            case .physicalInterrupt, .other: false
            }
        }
    }

    /// Interrupts of devices: what the tables' I/O APIC numbers as edges.
    static let physicalInterruptCount: UInt32 = 16
    /// Virtual interrupts (NR_VIRQS).
    static let virtualInterruptCount: UInt32 = 24
    /// The timer of a processor (VIRQ_TIMER).
    static let timer: UInt32 = 0
    /// Two-level channels: 64 words of 64 bits.
    static let count = 4096
    private static let pendingOffset: UInt64 = 2048
    private static let maskOffset: UInt64 = 2560
    /// Bytes of a processor's own structure (struct vcpu_info).
    static let processorInformationSize: UInt64 = 64

    private let memory: GuestMemory
    private let processors: [ProcessorHandle]
    /// What is bound, by port.
    private let table = Mutex<[Int: Channel]>([:])
    private var sharedInformation: UInt64 { MonitorArea.address(Int(GM_SHARED_INFO)) }

    init(_ memory: GuestMemory, _ processors: [ProcessorHandle]) {
        self.memory = memory
        self.processors = processors
    }

    /// Where a processor's structure lies before the kernel moves it: in the shared page.
    static func firstInformationPlace(_ processor: Int) -> UInt64 {
        MonitorArea.address(Int(GM_SHARED_INFO)) + UInt64(processor) * processorInformationSize
    }

    /// Each processor has its own of these (VIRQ_TIMER, VIRQ_DEBUG, VIRQ_XENOPROF, VIRQ_XENPMU); others are the guest's.
    static func isOfProcessor(virtualInterrupt number: UInt32) -> Bool { [0, 1, 7, 13].contains(number) }

    /// All that is bound, by port.
    var channels: [Int: Channel] { table.withLock { $0 } }

    /// Goes on with channels that were bound in a copy.
    func restore(_ channels: [Int: Channel]) { table.withLock { $0 = channels } }

    /// Binds a channel that is free; what is bound already keeps its own.
    func bind(_ binding: Binding, to processor: Int) throws(HypercallError) -> UInt32 {
        let channel = Channel(binding: binding, processor: processor)
        return try table.withLock { (table) throws(HypercallError) in
            if binding != .other, binding != .interprocessor, let port = Self.port(of: channel, table) {
                return UInt32(port)
            }
            // Channel 0 means none.
            guard let port = (1..<Self.count).first(where: { table[$0] == nil }) else { throw .noSpace }
            table[port] = channel
            return UInt32(port)
        }
    }

    /// Has another processor be told.
    func rebind(_ port: UInt32, to processor: Int) throws(HypercallError) {
        try table.withLock { (table) throws(HypercallError) in
            guard let channel = table[Int(port)], !channel.isOfProcessor else { throw .invalid }
            table[Int(port)]?.processor = processor
        }
    }

    /// Frees a channel.
    func close(_ port: UInt32) throws(HypercallError) {
        guard table.withLock({ $0.removeValue(forKey: Int(port)) }) != nil else { throw .invalid }
    }

    /// Whether a channel is bound.
    func isBound(_ port: UInt32) -> Bool { table.withLock { $0[Int(port)] != nil } }

    /// Raises what a channel was bound to; what no one listens to is lost.
    ///
    /// - Parameter processor: whose thread this is. An interrupt that each processor has its own of is its.
    func raise(_ binding: Binding, by processor: Int) throws(GuestMemoryError) {
        let wanted = Channel(binding: binding, processor: processor)
        if let port = table.withLock({ Self.port(of: wanted, $0) }) { try raise(port: port, by: processor) }
    }

    /// Sets a channel's bit, and where it is not masked tells its processor.
    func raise(port: Int, by processor: Int) throws(GuestMemoryError) {
        let word = UInt64(port >> 6)
        let bit = UInt64(1) << UInt64(port & 63)
        let place = GuestAddress(sharedInformation + Self.pendingOffset + 8 * word)
        if try memory.setBits(bit, at: place) & bit != 0 { return }
        let masked = try memory.read(UInt64.self, at: GuestAddress(sharedInformation + Self.maskOffset + 8 * word))
        if masked & bit == 0 { try tell(port, by: processor) }
    }

    /// Takes a channel's mask away, and tells its processor what came meanwhile.
    func unmask(port: Int, by processor: Int) throws(GuestMemoryError) {
        let word = UInt64(port >> 6)
        let bit = UInt64(1) << UInt64(port & 63)
        try memory.clearBits(bit, at: GuestAddress(sharedInformation + Self.maskOffset + 8 * word))
        let pending = try memory.read(UInt64.self, at: GuestAddress(sharedInformation + Self.pendingOffset + 8 * word))
        if pending & bit != 0 { try tell(port, by: processor) }
    }

    private func tell(_ port: Int, by processor: Int) throws(GuestMemoryError) {
        // With the lock: the structure is not moved meanwhile.
        try table.withLock { (table) throws(GuestMemoryError) in
            guard let channel = table[port] else { return }
            let handle = processors[channel.processor]
            let information = handle.informationPlace
            _ = try memory.setBits(1 << UInt64(port >> 6), at: GuestAddress(information + 8))
            // One that was told before and has not looked yet was kicked then.
            let wasTold = try memory.exchange(1, at: GuestAddress(information)) != 0
            if !wasTold, channel.processor != processor { handle.kick.send() }
        }
    }

    /// Moves a processor's structure to another place, in memory that was checked.
    func moveInformation(of processor: Int, to place: UInt64) throws(GuestMemoryError) {
        try table.withLock { _ throws(GuestMemoryError) in
            let handle = processors[processor]
            let bytes = try memory.bytes(
                at: GuestAddress(handle.informationPlace), count: Int(Self.processorInformationSize))
            try memory.write(bytes, at: GuestAddress(place))
            handle.informationPlace = place
        }
    }

    /// Whether a processor has been told of something.
    func isPending(_ processor: Int) throws(GuestMemoryError) -> Bool {
        try memory.read(UInt8.self, at: GuestAddress(processors[processor].informationPlace)) != 0
    }

    /// Whether the kernel takes no events on a processor now, as an interrupt flag.
    func isMasked(_ processor: Int) throws(GuestMemoryError) -> Bool {
        try memory.read(UInt8.self, at: GuestAddress(processors[processor].informationPlace + 1)) != 0
    }

    /// Has the kernel take events on a processor, or not.
    func setMasked(_ masked: Bool, _ processor: Int) throws(GuestMemoryError) {
        try memory.write(
            UInt8(masked ? 1 : 0), at: GuestAddress(processors[processor].informationPlace + 1))
    }

    private static func port(of wanted: Channel, _ table: [Int: Channel]) -> Int? {
        table.first {
            $0.value.binding == wanted.binding && (!wanted.isOfProcessor || $0.value.processor == wanted.processor)
        }?.key
    }
}
