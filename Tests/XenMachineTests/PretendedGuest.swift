import CGuestMonitor
import CLinux
import Glibc
import GuestMemory
import LinuxSystem
import MachineMonitor

@testable import KVM
@testable import XenMachine

/// A guest that needs no KVM: memory with page tables, and the processor that answers its hypercalls. Who uses it is the
/// kernel, and sets registers and memory as it likes. It cannot be entered.
///
/// Virtual addresses from 0 to the end of memory are the physical ones, page tables among them; above is the area.
struct PretendedGuest {
    let memory: GuestMemory
    let domain: XenDomain
    let processor: XenProcessor
    let policy: ProcessorPolicy

    static let memorySize: UInt64 = 2 << 20
    /// Where the tables lie: root, and one of each level below.
    static let root: UInt64 = 0x1000
    static let lowestTable: UInt64 = 0x4000
    /// A page that is free for who uses it; the one behind it, too.
    static let page: UInt64 = 0x1_0000

    /// - Parameter processors: how many there are; the first answers.
    init(processors: Int = 1) throws {
        memory = try GuestMemory([
            GuestRegion(.anonymous(size: Self.memorySize), at: GuestAddress(0)),
            GuestRegion(
                .anonymous(size: MonitorArea.size(memorySize: Self.memorySize)), at: GuestAddress(MonitorArea.start)),
        ])
        try MonitorSetup(memory: memory, memorySize: Self.memorySize, processors: processors).write()
        domain = try XenDomain(memory, memorySize: Self.memorySize, processors: processors)
        policy = ProcessorPolicy(frequency: 2_000_000, processors: processors)
        processor = try XenProcessor(
            domain, Self.emptyProcessor(),
            ProcessorSurroundings(
                bus: DeviceBus(), console: ConsoleLog(-1), clock: GuestClock(frequency: 2_000_000), policy: policy,
                identification: []))
        processor.special.cs.selector = UInt16(GM_CODE_3)
        processor.special.ss.selector = UInt16(GM_DATA_3)
        processor.special.cr3 = Self.root
        try mapMemory()
    }

    private func mapMemory() throws {
        let flags = PageBits.present | PageBits.user | PageBits.writable
        for (level, table) in [Self.root, 0x2000, 0x3000].enumerated() {
            try memory.write(Self.root + 0x1000 * UInt64(level + 1) | flags, at: GuestAddress(table))
        }
        for page in 0..<UInt64(512) {
            try memory.write(page << 12 | flags, at: GuestAddress(Self.lowestTable + 8 * page))
        }
        for index in 0..<UInt64(2) {
            let hook = try processor.area.state(GM_KERNEL_HOOKS + Int32(8 * index))
            try memory.write(hook, at: GuestAddress(Self.root + 8 * (UInt64(GM_SLOT_AREA) + index)))
        }
        try processor.area.setKernelRoot(Self.root)
    }

    /// What KVM shares of a processor, all zero: a file in memory in its place.
    private static func emptyProcessor() throws -> VCPU {
        let size = 3 * 4096
        let file = OwnedDescriptor(
            owning: try systemCall("memfd_create", "processor") { linux_memfd_create("processor", 0) })
        try systemCall("ftruncate", "processor") { ftruncate(file.number, off_t(size)) }
        return try VCPU(index: 0, descriptor: file, runSize: size)
    }

    /// Does a hypercall.
    ///
    /// - Returns: what the kernel finds in RAX.
    @discardableResult
    func call(_ number: UInt64, _ first: UInt64 = 0, _ second: UInt64 = 0, _ third: UInt64 = 0) throws -> Int64 {
        processor.general.rax = number
        processor.general.rdi = first
        processor.general.rsi = second
        processor.general.rdx = third
        try processor.hypercall()
        return Int64(bitPattern: processor.general.rax)
    }

    /// Takes a page out of the kernel's address space.
    func unmap(_ address: UInt64) throws {
        try memory.write(UInt64(0), at: GuestAddress(Self.lowestTable + 8 * (address >> 12)))
    }

    /// Whatever the kernel has said, the machine can be copied, and the copy takes the state over.
    func check() throws {
        let part = { (part: VCPUStatePart) in [UInt8](repeating: 0, count: part.size) }
        let processors = domain.processors.map { handle in
            XenProcessorState(
                isInitialised: handle.isInitialised, isUp: handle.isUp, general: part(.general),
                special: part(.special), vectors: part(.vectors), deadline: processor.deadline,
                timePlace: handle.timePlace.withLock { $0 }, informationPlace: handle.informationPlace,
                traps: processor.traps.set, eventEntry: processor.eventEntry)
        }
        let state = XenMachineState(
            monitor: MonitorSetup.checksum, processor: policy.fingerprint, time: 1,
            channels: domain.channels.channels, processors: processors)
        let copy = try XenMachineState(state.encoded)
        precondition(copy == state, "the state is not read as it was written")
        try copy.check(domain, policy)
    }
}
