import CGuestMonitor
import CKVM
import MachineMonitor

/// With what the kernel starts a further processor: struct vcpu_guest_context of Xen's public header arch-x86/xen.h. Every
/// number is the guest's.
struct ProcessorContext: Sendable {
    var general = kvm_regs()
    /// The physical address of the kernel's root.
    let root: UInt64
    let kernelStack: UInt64
    let eventEntry: UInt64
    let systemCallEntry: UInt64
    let fsBase: UInt64
    let kernelGS: UInt64
    let userGS: UInt64
    /// The handlers that are set, by vector.
    let traps: [Int: TrapTable.Entry]

    /// Bytes of the struct.
    static let size = 5168

    // Offsets of its members.
    private static let flags = 512
    private static let registers = 520
    private static let trapList = 720
    private static let stack = 4976
    private static let controls = 4984
    private static let event = 5112
    private static let systemCall = 5128
    private static let segmentBases = 5144
    /// VGCF_in_kernel.
    private static let inKernel: UInt64 = 1 << 2

    /// Reads it, or refuses what no processor can begin with.
    ///
    /// - Parameter memorySize: bytes of the guest's memory.
    init(_ bytes: [UInt8], memorySize: UInt64) throws(HypercallError) {
        func word(_ offset: Int) -> UInt64 { bytes.get(UInt64.self, at: offset) }
        func register(_ index: Int) -> UInt64 { word(Self.registers + 8 * index) }
        guard bytes.count == Self.size, word(Self.flags) & Self.inKernel != 0 else { throw .invalid }
        general.r15 = register(0)
        general.r14 = register(1)
        general.r13 = register(2)
        general.r12 = register(3)
        general.rbp = register(4)
        general.rbx = register(5)
        general.r11 = register(6)
        general.r10 = register(7)
        general.r9 = register(8)
        general.r8 = register(9)
        general.rax = register(10)
        general.rcx = register(11)
        general.rdx = register(12)
        general.rsi = register(13)
        general.rdi = register(14)
        general.rip = register(16)
        general.rsp = register(19)
        general.rflags = ProcessorState.flags(register(18))
        root = word(Self.controls + 8 * 3)
        kernelStack = word(Self.stack)
        eventEntry = word(Self.event)
        systemCallEntry = word(Self.systemCall)
        fsBase = word(Self.segmentBases)
        kernelGS = word(Self.segmentBases + 8)
        userGS = word(Self.segmentBases + 16)
        var traps: [Int: TrapTable.Entry] = [:]
        for index in 0..<256 {
            let place = Self.trapList + TrapTable.entrySize * index
            guard let (vector, entry) = TrapTable.entry(bytes[place..<(place + TrapTable.entrySize)]) else { break }
            traps[vector] = entry
        }
        self.traps = traps
        // Anything else the processor would refuse where no one could tell the kernel.
        guard root & 4095 == 0, root < memorySize else { throw .invalid }
        for address in [general.rip, fsBase, kernelGS, userGS] where !Self.isCanonical(address) { throw .invalid }
    }

    /// Whether an address has a meaning in 48 bits (Intel SDM volume 1, 3.3.7.1).
    static func isCanonical(_ address: UInt64) -> Bool {
        UInt64(bitPattern: (Int64(bitPattern: address) << 16) >> 16) == address
    }
}
