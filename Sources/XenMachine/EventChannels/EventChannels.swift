import CGuestMonitor
import GuestMemory
import MachineMonitor

/// A guest's event channels: numbered bits in the shared information page, by which the kernel learns of interrupts. There
/// are two levels (Xen's public header xen.h, struct shared_info): 4096 bits, and in the processor's own structure one bit
/// for each word of them. Only the processor's thread touches them, and the guest does not run meanwhile.
struct EventChannels {
    /// What a channel was bound to.
    enum Binding: Equatable {
        case virtualInterrupt(UInt32)
        case physicalInterrupt(UInt32)
        /// Between processors, or not connected: nothing of ours raises it.
        case other
    }

    /// Interrupts of devices: what the tables' I/O APIC numbers as edges.
    static let physicalInterruptCount: UInt32 = 16
    /// Virtual interrupts (NR_VIRQS).
    static let virtualInterruptCount: UInt32 = 24
    /// The timer of the processor (VIRQ_TIMER).
    static let timer: UInt32 = 0
    /// Two-level channels: 64 words of 64 bits.
    static let count = 4096
    private static let pendingOffset: UInt64 = 2048
    private static let maskOffset: UInt64 = 2560

    private let memory: GuestMemory
    /// Where the processor's own structure lies, in memory that was checked.
    var processorInformation: UInt64
    /// Bytes of that structure (struct vcpu_info).
    static let processorInformationSize: UInt64 = 64
    /// What is bound, by port.
    private(set) var bindings: [Int: Binding] = [:]
    private var sharedInformation: UInt64 { MonitorArea.address(Int(GM_SHARED_INFO)) }

    init(_ memory: GuestMemory) {
        self.memory = memory
        processorInformation = MonitorArea.address(Int(GM_SHARED_INFO))
    }

    /// Goes on with channels that were bound in a copy.
    init(_ memory: GuestMemory, processorInformation: UInt64, bindings: [Int: Binding]) {
        self.memory = memory
        self.processorInformation = processorInformation
        self.bindings = bindings
    }

    /// Binds a channel that is free.
    mutating func bind(_ binding: Binding) throws(HypercallError) -> UInt32 {
        if binding != .other, let port = port(of: binding) { return UInt32(port) }
        // Channel 0 means none.
        guard let port = (1..<Self.count).first(where: { bindings[$0] == nil }) else { throw .noSpace }
        bindings[port] = binding
        return UInt32(port)
    }

    /// Frees a channel.
    mutating func close(_ port: UInt32) throws(HypercallError) {
        guard bindings.removeValue(forKey: Int(port)) != nil else { throw .invalid }
    }

    /// Whether a channel is bound.
    func isBound(_ port: UInt32) -> Bool { bindings[Int(port)] != nil }

    /// Raises what a channel was bound to; what no one listens to is lost.
    func raise(_ binding: Binding) throws(GuestMemoryError) {
        if let port = port(of: binding) { try raise(port: port) }
    }

    /// Sets a channel's bit, and where it is not masked tells the processor.
    func raise(port: Int) throws(GuestMemoryError) {
        let word = UInt64(port >> 6)
        let bit = UInt64(1) << UInt64(port & 63)
        let place = GuestAddress(sharedInformation + Self.pendingOffset + 8 * word)
        let pending = try memory.read(UInt64.self, at: place)
        if pending & bit != 0 { return }
        try memory.write(pending | bit, at: place)
        let masked = try memory.read(UInt64.self, at: GuestAddress(sharedInformation + Self.maskOffset + 8 * word))
        if masked & bit == 0 { try tellProcessor(word) }
    }

    /// Takes a channel's mask away, and tells the processor what came meanwhile.
    func unmask(port: Int) throws(GuestMemoryError) {
        let word = UInt64(port >> 6)
        let bit = UInt64(1) << UInt64(port & 63)
        let place = GuestAddress(sharedInformation + Self.maskOffset + 8 * word)
        try memory.write(try memory.read(UInt64.self, at: place) & ~bit, at: place)
        let pending = try memory.read(UInt64.self, at: GuestAddress(sharedInformation + Self.pendingOffset + 8 * word))
        if pending & bit != 0 { try tellProcessor(word) }
    }

    private func tellProcessor(_ word: UInt64) throws(GuestMemoryError) {
        let selector = GuestAddress(processorInformation + 8)
        try memory.write(try memory.read(UInt64.self, at: selector) | 1 << word, at: selector)
        try memory.write(UInt8(1), at: GuestAddress(processorInformation))
    }

    /// Whether the processor has been told of something.
    var isPending: Bool {
        get throws(GuestMemoryError) { try memory.read(UInt8.self, at: GuestAddress(processorInformation)) != 0 }
    }

    /// Whether the kernel takes events now, as an interrupt flag.
    var isMasked: Bool {
        get throws(GuestMemoryError) { try memory.read(UInt8.self, at: GuestAddress(processorInformation + 1)) != 0 }
    }

    /// Has the kernel take events, or not.
    func setMasked(_ masked: Bool) throws(GuestMemoryError) {
        try memory.write(UInt8(masked ? 1 : 0), at: GuestAddress(processorInformation + 1))
    }

    private func port(of binding: Binding) -> Int? {
        bindings.first { $0.value == binding }?.key
    }
}
