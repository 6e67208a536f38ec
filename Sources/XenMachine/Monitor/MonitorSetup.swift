import CGuestMonitor
import GuestMemory
import MachineMonitor

// Page-table bits (Intel SDM volume 3, 4.5).
enum PageBits {
    static let present: UInt64 = 1 << 0
    static let writable: UInt64 = 1 << 1
    static let user: UInt64 = 1 << 2
    static let accessed: UInt64 = 1 << 5
    static let dirty: UInt64 = 1 << 6
    static let large: UInt64 = 1 << 7
    static let noExecute: UInt64 = 1 << 63
    static let frame: UInt64 = 0x000f_ffff_ffff_f000
}

/// Lays out the monitor's area of a new guest.
struct MonitorSetup {
    let memory: GuestMemory
    /// Bytes of the guest's own memory.
    let memorySize: UInt64

    private var area: MonitorArea { MonitorArea(memory: memory) }

    func write() throws(GuestMemoryError) {
        try writeTables()
        try writeMachineToPhysical()
        try writeDescriptors()
        try writeCode()
        try writeState()
    }

    private func put(_ value: UInt64, at offset: Int, _ index: Int = 0) throws(GuestMemoryError) {
        try memory.write(value, at: GuestAddress(MonitorArea.address(offset) + UInt64(8 * index)))
    }

    /// Two trees: the area's, and all of memory. Their entries are the kernel's and the user's alike; what a user process
    /// must not see is closed in the entry of the top-level table (see `writeState`).
    private func writeTables() throws(GuestMemoryError) {
        let open = PageBits.present | PageBits.writable | PageBits.user
        let closed = PageBits.present | PageBits.writable
        try put(MonitorArea.address(Int(GM_L2_TABLE)) | open, at: Int(GM_L3_AREA), 0)
        try put(MonitorArea.address(Int(GM_L2_AREA)) | open, at: Int(GM_L3_AREA), 1)
        try put(MonitorArea.address(Int(GM_L1_AREA)) | open, at: Int(GM_L2_AREA))
        let tablePages = (MonitorArea.size(memorySize: memorySize) - UInt64(GM_TABLE)) >> 21
        for page in 0..<Int(tablePages) {
            let frame = MonitorArea.address(Int(GM_TABLE)) + UInt64(page) << 21
            try put(frame | open | PageBits.large | PageBits.noExecute, at: Int(GM_L2_TABLE), page)
        }
        func map(_ offset: Int, _ bits: UInt64) throws(GuestMemoryError) {
            try put(MonitorArea.address(offset) | bits, at: Int(GM_L1_AREA), offset >> 12)
        }
        for offset in [GM_GDT, GM_IDT, GM_TSS] { try map(Int(offset), closed | PageBits.noExecute) }
        try map(Int(GM_STUBS), PageBits.present)
        for offset in [GM_EXCEPTION_STACK, GM_STATE, GM_SHARED_INFO, GM_NATIVE_STACK] {
            try map(Int(offset), open | PageBits.noExecute)
        }
        for offset in stride(from: Int(GM_NATIVE), to: Int(GM_NATIVE_END), by: 4096) {
            try map(offset, PageBits.present | PageBits.user)
        }
        try put(MonitorArea.doorbell | open | PageBits.noExecute, at: Int(GM_L1_AREA), Int(GM_DOORBELL) >> 12)

        let gigabytes = Int((memorySize + (1 << 30) - 1) >> 30)
        precondition(gigabytes <= Int(GM_L2_MEMORY_COUNT))
        for gigabyte in 0..<gigabytes {
            let table = Int(GM_L2_MEMORY) + 4096 * gigabyte
            try put(MonitorArea.address(table) | open, at: Int(GM_L3_MEMORY), gigabyte)
            for index in 0..<512 {
                let frame = UInt64(gigabyte) << 30 + UInt64(index) << 21
                guard frame < memorySize else { break }
                try put(frame | open | PageBits.large | PageBits.noExecute, at: table, index)
            }
        }
    }

    /// Each page's number is itself: the guest's physical memory is the machine's.
    private func writeMachineToPhysical() throws(GuestMemoryError) {
        let pages = Int(memorySize >> 12)
        // In pieces, so that no array is as long as the table.
        for first in stride(from: 0, to: pages, by: 8192) {
            var piece = [UInt8](repeating: 0, count: 8 * min(8192, pages - first))
            for index in 0..<(piece.count / 8) { piece.put(UInt64(first + index), at: 8 * index) }
            try memory.write(piece, at: GuestAddress(MonitorArea.address(Int(GM_TABLE)) + UInt64(8 * first)))
        }
    }

    private func writeDescriptors() throws(GuestMemoryError) {
        // Intel SDM volume 3, 3.4.5: flat segments, 64-bit code; and 8.2.3: the TSS's descriptor.
        try put(0x00af_9b00_0000_ffff, at: Int(GM_GDT), Int(GM_CODE_0) >> 3)
        try put(0x00cf_9300_0000_ffff, at: Int(GM_GDT), Int(GM_DATA_0) >> 3)
        try put(0x00cf_f300_0000_ffff, at: Int(GM_GDT), Int(GM_DATA_3) >> 3)
        try put(0x00af_fb00_0000_ffff, at: Int(GM_GDT), Int(GM_CODE_3) >> 3)
        let task = MonitorArea.virtual(Int(GM_TSS))
        let low = 0x67 | (task & 0xff_ffff) << 16 | 0x89 << 40 | (task >> 24 & 0xff) << 56
        try put(low, at: Int(GM_GDT), Int(GM_TASK) >> 3)
        try put(task >> 32, at: Int(GM_GDT), Int(GM_TASK) >> 3 + 1)
        // The TSS: the stack of ring 0 at 4, and at 102 where the map of ports begins: past the end, so none is the guest's.
        var segment = [UInt8](repeating: 0, count: 104)
        segment.put(MonitorArea.virtual(Int(GM_EXCEPTION_STACK_TOP)), at: 4)
        segment.put(UInt16(104), at: 102)
        try memory.write(segment, at: GuestAddress(MonitorArea.address(Int(GM_TSS))))
        // 6.14.1: interrupt gates. Breakpoint and overflow may be asked for in ring 3.
        for vector in 0..<32 {
            let handler = MonitorArea.virtual(Int(gm_stub_entry(UInt32(vector))))
            let privilege: UInt64 = vector == 3 || vector == 4 ? 3 : 0
            let gate =
                handler & 0xffff | UInt64(GM_CODE_0) << 16 | (0x8e00 | privilege << 13) << 32
                | (handler >> 16 & 0xffff) << 48
            try put(gate, at: Int(GM_IDT), 2 * vector)
            try put(handler >> 32, at: Int(GM_IDT), 2 * vector + 1)
        }
    }

    private func writeCode() throws(GuestMemoryError) {
        // Within their places; the linker may have made them longer than was thought.
        precondition(gm_stubs_size() <= Int(GM_SERVICE_EXIT & 0xfff))
        precondition(
            gm_native_place() >= Int(GM_NATIVE) && gm_native_place() + gm_native_size() <= Int(GM_NATIVE_END))
        let (stubs, native) = Self.code
        try memory.write(stubs, at: GuestAddress(MonitorArea.address(Int(GM_STUBS))))
        try memory.write(native, at: GuestAddress(MonitorArea.address(Int(gm_native_place()))))
    }

    /// The code's own bytes, of our executable.
    private static var code: (stubs: [UInt8], native: [UInt8]) {
        unsafe (
            Array(UnsafeBufferPointer(start: gm_stubs(), count: gm_stubs_size())),
            Array(UnsafeBufferPointer(start: gm_native(), count: gm_native_size()))
        )
    }

    /// Tells the code that a guest was started with from that of another version.
    static var checksum: UInt64 {
        let (stubs, native) = code
        return Checksum.of(stubs + native)
    }

    private func writeState() throws(GuestMemoryError) {
        let open = PageBits.present | PageBits.writable | PageBits.user
        let closed = PageBits.present | PageBits.writable
        let trees = [MonitorArea.address(Int(GM_L3_AREA)), MonitorArea.address(Int(GM_L3_MEMORY))]
        for (index, tree) in trees.enumerated() {
            try area.setState(GM_KERNEL_HOOKS + Int32(8 * index), tree | open)
            try area.setState(GM_USER_HOOKS + Int32(8 * index), tree | closed)
        }
        try area.setState(GM_MEMORY_SIZE, memorySize)
        try area.setState(GM_LSTAR, MonitorArea.virtual(Int(gm_syscall_entry())))
        try area.setState(GM_VCPU_INFO, MonitorArea.virtual(Int(GM_SHARED_INFO)))
        try writeFrame(GM_FRAME_USER_TRAP, gm_user_trap_entry())
        try writeFrame(GM_FRAME_KERNEL_FAULT, gm_kernel_fault_entry())
        try writeFrame(GM_FRAME_EXIT, 0)
    }

    private func writeFrame(_ field: Int32, _ entry: Int) throws(GuestMemoryError) {
        let values: [UInt64] = [
            MonitorArea.virtual(entry), UInt64(GM_CODE_3), 0x202, MonitorArea.virtual(Int(GM_NATIVE_STACK_TOP)),
            UInt64(GM_DATA_3),
        ]
        for (index, value) in values.enumerated() { try area.setState(field + Int32(8 * index), value) }
    }
}
