import CGuestMonitor
import GuestMemory
import MachineMonitor

/// The monitor's area: guest memory that the machine itself lays out (CGuestMonitor.h), above the guest's own. The guest's
/// kernel can read and write all of it, so what is read from here is as hostile as the rest.
struct MonitorArea: Sendable {
    /// Where the area lies in physical memory: above what a guest of this machine can have.
    static let start: UInt64 = 0x1_0000_0000
    /// A page without memory, where a store is a hypercall.
    static let doorbell: UInt64 = 0xfe00_0000
    /// Bytes before the machine-to-physical table.
    private static let fixedSize = UInt64(GM_TABLE)

    /// Whether a store to a physical address is the monitor's call.
    static func isDoorbell(_ address: UInt64) -> Bool { (doorbell..<(doorbell + 4096)).contains(address) }

    let memory: GuestMemory
    /// Whose block `state` is in.
    let processor: Int

    init(memory: GuestMemory, processor: Int = 0) {
        self.memory = memory
        self.processor = processor
    }

    /// Where in the area a processor has what the first has at an offset.
    static func offset(_ offset: Int, processor: Int) -> Int { offset + processor * Int(GM_PROCESSOR_SIZE) }

    /// Where the monitor's code lies for the guest, with all between its copies.
    static func code(processors: Int) -> Range<UInt64> {
        virtual(Int(GM_NATIVE))..<virtual(offset(Int(GM_NATIVE_END), processor: processors - 1))
    }

    /// Bytes of the area of a guest with so much memory.
    static func size(memorySize: UInt64) -> UInt64 {
        let largePage: UInt64 = 2 << 20
        let table = memorySize / 512
        return fixedSize + (table + largePage - 1) / largePage * largePage
    }

    /// The physical address of a place in the area.
    static func address(_ offset: Int) -> UInt64 { start + UInt64(offset) }

    /// The guest's virtual address of a place in the area.
    static func virtual(_ offset: Int) -> UInt64 { UInt64(GM_AREA_VA) + UInt64(offset) }

    /// Where ring 0 sees a place in the area.
    static func virtual(ring0 offset: Int) -> UInt64 { UInt64(GM_RING_0_VA) + UInt64(offset) }

    /// The guest's virtual address of a physical address within memory.
    static func virtual(memory address: UInt64) -> UInt64 { UInt64(GM_MEMORY_VA) + address }

    /// Reads a word of the monitor's state.
    func state(_ field: Int32) throws(GuestMemoryError) -> UInt64 {
        try memory.read(UInt64.self, at: place(field))
    }

    /// Writes a word of the monitor's state.
    func setState(_ field: Int32, _ value: UInt64) throws(GuestMemoryError) {
        try memory.write(value, at: place(field))
    }

    private func place(_ field: Int32) -> GuestAddress {
        GuestAddress(Self.address(Self.offset(Int(GM_STATE + field), processor: processor)))
    }

    /// Sets the kernel's root, where traps find it.
    func setKernelRoot(_ root: UInt64) throws(GuestMemoryError) {
        for field in [GM_KERNEL_ROOT, GM_TRAP_ROOT, GM_SERVICE_ROOT] { try setState(field, root) }
    }

    /// Has what the kernel divides by zero told, and not taken for a service that was asked for before.
    func endService() throws(GuestMemoryError) {
        try setState(GM_SERVICE_ROOT, try state(GM_KERNEL_ROOT))
        try setState(GM_FRAME_SERVICE, Self.virtual(Self.offset(Int(gm_divide_entry()), processor: processor)))
        try setState(GM_FRAME_SERVICE + 16, 0x202)
        let stack = Self.offset(Int(GM_NATIVE_STACK_TOP), processor: processor)
        try setState(GM_FRAME_SERVICE + 24, Self.virtual(stack))
    }

    /// Writes what the kernel is told of its processor, for the monitor to answer by itself.
    func setAnswers(_ table: [ProcessorPolicy.TableEntry]) throws(GuestMemoryError) {
        let count = min(table.count, Int(GM_ANSWER_LIMIT))
        let size = Int(GM_ANSWER_SIZE)
        var page = [UInt8](repeating: 0, count: size * (1 + count))
        page.put(UInt64(count), at: 0)
        for (index, entry) in table.prefix(count).enumerated() {
            let answer = entry.answer
            let words = [
                entry.leaves.lowerBound, entry.leaves.upperBound, entry.subleaf ?? 0, entry.subleaf == nil ? 0 : 1,
                answer.eax, answer.ebx, answer.ecx, answer.edx,
            ]
            for (place, word) in words.enumerated() { page.put(word, at: size * (1 + index) + 4 * place) }
        }
        try memory.write(page, at: GuestAddress(Self.address(Int(GM_ANSWERS))))
    }
}
