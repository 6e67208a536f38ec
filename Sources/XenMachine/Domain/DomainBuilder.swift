import CGuestMonitor
import GuestMemory
import MachineMonitor

/// Lays out the memory of a new guest: kernel, initial file system, and what Xen's interface promises a kernel at its start.
struct DomainBuilder {
    let memory: GuestMemory
    let memorySize: UInt64
    let layout: DomainLayout
    let notes: KernelNotes
    let processors: Int

    /// What the processor starts with.
    struct Start: Equatable {
        let instruction: UInt64
        let stack: UInt64
        /// The virtual address of the start information, in RSI.
        let information: UInt64
        /// The physical address of the top-level page table.
        let root: UInt64
    }

    /// Writes everything but the kernel and the initial file system, which are loaded from their files.
    func build(commandLine: String) throws(MachineError) -> Start {
        try MachineError.memory { () throws(GuestMemoryError) in
            try writePageList()
            try writePageTables()
        }
        try writeStartInformation(commandLine)
        try MachineError.memory { () throws(GuestMemoryError) in
            for (offset, bytes) in ConfigurationTables.pieces(processors: processors) {
                try memory.write(bytes, at: GuestAddress(offset))
            }
        }
        if let page = notes.hypercallPage { try writeHypercallPage(page) }
        return Start(
            instruction: notes.entry, stack: notes.virtualBase + layout.stack + 4096 - 16,
            information: notes.virtualBase + layout.startInformation, root: layout.pageTables)
    }

    private func writePageList() throws(GuestMemoryError) {
        let pages = Int(memorySize >> 12)
        for first in stride(from: 0, to: pages, by: 8192) {
            var piece = [UInt8](repeating: 0, count: 8 * min(8192, pages - first))
            for index in 0..<(piece.count / 8) { piece.put(UInt64(first + index), at: 8 * index) }
            try memory.write(piece, at: GuestAddress(layout.pageList + UInt64(8 * first)))
        }
    }

    private func writePageTables() throws(GuestMemoryError) {
        let bits = PageBits.present | PageBits.writable | PageBits.user | PageBits.accessed | PageBits.dirty
        func put(_ value: UInt64, table: UInt64, _ index: UInt64) throws(GuestMemoryError) {
            try memory.write(value, at: GuestAddress(layout.pageTables + table << 12 + index << 3))
        }
        func entry(table: UInt64) -> UInt64 { (layout.pageTables + table << 12) | bits }
        try put(entry(table: 1), table: 0, notes.virtualBase >> 39 & 511)
        try put(entry(table: 2), table: 1, notes.virtualBase >> 30 & 511)
        for lowest in 0..<(layout.pageTableCount - 3) {
            try put(entry(table: 3 + lowest), table: 2, lowest)
            for index in 0..<UInt64(512) {
                let frame = lowest << 21 + index << 12
                guard frame < layout.mappedEnd else { return }
                try put(frame | bits, table: 3 + lowest, index)
            }
        }
    }

    /// struct start_info of Xen's public header xen.h.
    private func writeStartInformation(_ commandLine: String) throws(MachineError) {
        let maximum = 1024
        guard commandLine.utf8.count < maximum else {
            throw .configuration("the kernel's command line is longer than \(maximum - 1) bytes")
        }
        var information = [UInt8](repeating: 0, count: 4096)
        information.put("xen-3.0-x86_64", at: 0)
        information.put(memorySize >> 12, at: 32)
        information.put(MonitorArea.address(Int(GM_SHARED_INFO)), at: 40)
        // SIF_PRIVILEGED and SIF_INITDOMAIN: only an initial domain has interrupts for devices outside of Xen.
        information.put(UInt32(3), at: 48)
        information.put(notes.virtualBase + layout.pageTables, at: 88)
        information.put(layout.pageTableCount, at: 96)
        information.put(notes.virtualBase + layout.pageList, at: 104)
        if layout.initialFileSystemSize > 0 {
            information.put(notes.virtualBase + layout.initialFileSystem, at: 112)
            information.put(layout.initialFileSystemSize, at: 120)
        }
        information.put(commandLine, at: 128)
        try MachineError.memory { () throws(GuestMemoryError) in
            try memory.write(information, at: GuestAddress(layout.startInformation))
        }
    }

    /// Thirty-two bytes a hypercall: its number, and SYSCALL.
    private func writeHypercallPage(_ address: UInt64) throws(MachineError) {
        guard address >= notes.virtualBase, address & 4095 == 0 else {
            throw .kernel("its page of hypercalls lies at 0x\(String(address, radix: 16))")
        }
        var page = [UInt8](repeating: 0xcc, count: 4096)
        for number in 0..<128 {
            // push rcx; push r11; mov eax, number; syscall; pop r11; pop rcx; ret
            var code: [UInt8] = [0x51, 0x41, 0x53, 0xb8, 0, 0, 0, 0, 0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3]
            code.put(UInt32(number), at: 4)
            page.replaceSubrange((32 * number)..<(32 * number + code.count), with: code)
        }
        try MachineError.memory { () throws(GuestMemoryError) in
            try memory.write(page, at: GuestAddress(address - notes.virtualBase))
        }
    }
}
