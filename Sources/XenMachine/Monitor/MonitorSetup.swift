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
    let processors: Int

    func write() throws(GuestMemoryError) {
        try writeTables()
        try writeMachineToPhysical()
        for processor in 0..<processors {
            try writeDescriptors(processor)
            try writeCode(processor)
            try writeState(processor)
        }
    }

    private static func offset(_ offset: Int32, _ processor: Int) -> Int {
        MonitorArea.offset(Int(offset), processor: processor)
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
        for processor in 0..<processors {
            try map(Self.offset(GM_IDT, processor), closed | PageBits.noExecute)
            for offset in [GM_EXCEPTION_STACK, GM_STATE, GM_NATIVE_STACK] {
                try map(Self.offset(offset, processor), open | PageBits.noExecute)
            }
            for offset in stride(from: GM_NATIVE, to: GM_NATIVE_END, by: 4096) {
                try map(Self.offset(offset, processor), PageBits.present | PageBits.user)
            }
        }
        try map(Int(GM_SHARED_INFO), open | PageBits.noExecute)
        try map(Int(GM_ANSWERS), PageBits.present | PageBits.user | PageBits.noExecute)
        try put(MonitorArea.doorbell | open | PageBits.noExecute, at: Int(GM_L1_AREA), Int(GM_DOORBELL) >> 12)

        // A process's own slot: its tables of interrupts, where the kernel's are.
        try put(MonitorArea.address(Int(GM_L2_USER)) | closed, at: Int(GM_L3_USER), 1)
        try put(MonitorArea.address(Int(GM_L1_USER)) | closed, at: Int(GM_L2_USER))
        for processor in 0..<processors {
            try put(
                MonitorArea.address(Self.offset(GM_IDT_USER, processor)) | closed | PageBits.noExecute,
                at: Int(GM_L1_USER), Self.offset(GM_IDT, processor) >> 12)
        }

        // The area once more, for ring 0.
        try put(
            MonitorArea.address(Int(GM_L2_RING_0)) | closed, at: Int(GM_L3_MEMORY),
            Int(GM_RING_0_VA - GM_MEMORY_VA) >> 30)
        try put(MonitorArea.start | closed | PageBits.large, at: Int(GM_L2_RING_0))
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

    private func writeDescriptors(_ processor: Int) throws(GuestMemoryError) {
        // Intel SDM volume 3, 3.4.5: flat segments, 64-bit code; and 8.2.3: the TSS's descriptor.
        try put(0x00af_9b00_0000_ffff, at: Self.offset(GM_GDT, processor), Int(GM_CODE_0) >> 3)
        try put(0x00cf_9300_0000_ffff, at: Self.offset(GM_GDT, processor), Int(GM_DATA_0) >> 3)
        try put(0x00cf_f300_0000_ffff, at: Self.offset(GM_GDT, processor), Int(GM_DATA_3) >> 3)
        try put(0x00af_fb00_0000_ffff, at: Self.offset(GM_GDT, processor), Int(GM_CODE_3) >> 3)
        let task = MonitorArea.virtual(ring0: Self.offset(GM_TSS, processor))
        let low = 0x67 | (task & 0xff_ffff) << 16 | 0x89 << 40 | (task >> 24 & 0xff) << 56
        try put(low, at: Self.offset(GM_GDT, processor), Int(GM_TASK) >> 3)
        try put(task >> 32, at: Self.offset(GM_GDT, processor), Int(GM_TASK) >> 3 + 1)
        // The TSS: the stack of ring 0 at 4, and at 102 where the map of ports begins: past the end, so none is the guest's.
        var segment = [UInt8](repeating: 0, count: 104)
        segment.put(MonitorArea.virtual(ring0: Self.offset(GM_EXCEPTION_STACK_TOP, processor)), at: 4)
        segment.put(UInt16(104), at: 102)
        try memory.write(segment, at: GuestAddress(MonitorArea.address(Self.offset(GM_TSS, processor))))
        // 6.14.1: interrupt gates. Breakpoint and overflow may be asked for in ring 3.
        for vector in 0..<32 {
            for (table, fromUser) in [(GM_IDT, CInt(0)), (GM_IDT_USER, 1)] {
                let stub = MonitorArea.offset(Int(gm_stub_entry(UInt32(vector), fromUser)), processor: processor)
                let handler = MonitorArea.virtual(ring0: stub)
                let privilege: UInt64 = vector == 3 || vector == 4 ? 3 : 0
                let gate =
                    handler & 0xffff | UInt64(GM_CODE_0) << 16 | (0x8e00 | privilege << 13) << 32
                    | (handler >> 16 & 0xffff) << 48
                try put(gate, at: Self.offset(table, processor), 2 * vector)
                try put(handler >> 32, at: Self.offset(table, processor), 2 * vector + 1)
            }
        }
    }

    private func writeCode(_ processor: Int) throws(GuestMemoryError) {
        // Within their places; the linker may have made them longer than was thought.
        precondition(gm_stubs_size() <= Int(GM_STUBS_END - GM_STUBS))
        precondition(
            gm_native_place() >= Int(GM_NATIVE) && gm_native_place() + gm_native_size() <= Int(GM_NATIVE_END))
        let (stubs, native) = Self.code
        try memory.write(stubs, at: GuestAddress(MonitorArea.address(Self.offset(GM_STUBS, processor))))
        let place = MonitorArea.offset(Int(gm_native_place()), processor: processor)
        try memory.write(native, at: GuestAddress(MonitorArea.address(place)))
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

    private func writeState(_ processor: Int) throws(GuestMemoryError) {
        let area = MonitorArea(memory: memory, processor: processor)
        let open = PageBits.present | PageBits.writable | PageBits.user
        let closed = PageBits.present | PageBits.writable
        let trees = [(GM_L3_AREA, GM_L3_USER), (GM_L3_MEMORY, GM_L3_MEMORY)]
        for (index, (kernel, user)) in trees.enumerated() {
            try area.setState(GM_KERNEL_HOOKS + Int32(8 * index), MonitorArea.address(Int(kernel)) | open)
            try area.setState(GM_USER_HOOKS + Int32(8 * index), MonitorArea.address(Int(user)) | closed)
        }
        try area.setState(GM_MEMORY_SIZE, memorySize)
        try area.setState(GM_PROCESSOR_BIT, 1 << UInt64(processor))
        try area.setState(GM_NEXT, processor + 1 < processors ? UInt64(GM_PROCESSOR_SIZE) : 0)
        try area.setState(
            GM_LSTAR, MonitorArea.virtual(MonitorArea.offset(Int(gm_syscall_entry()), processor: processor)))
        let information = Int(GM_SHARED_INFO) + processor * Int(EventChannels.processorInformationSize)
        try area.setState(GM_VCPU_INFO, MonitorArea.virtual(information))
        try writeFrame(area, GM_FRAME_USER_TRAP, gm_user_trap_entry())
        try writeFrame(area, GM_FRAME_KERNEL_FAULT, gm_kernel_fault_entry())
        try writeFrame(area, GM_FRAME_SERVICE, gm_divide_entry())
        try writeFrame(area, GM_FRAME_UNDEFINED, gm_undefined_entry())
    }

    private func writeFrame(_ area: MonitorArea, _ field: Int32, _ entry: Int) throws(GuestMemoryError) {
        func place(_ offset: Int) -> UInt64 {
            MonitorArea.virtual(MonitorArea.offset(offset, processor: area.processor))
        }
        let values: [UInt64] = [
            place(entry), UInt64(GM_CODE_3), 0x202, place(Int(GM_NATIVE_STACK_TOP)), UInt64(GM_DATA_3),
        ]
        for (index, value) in values.enumerated() { try area.setState(field + Int32(8 * index), value) }
    }
}
