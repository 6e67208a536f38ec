import CGuestMonitor
import CLinux
import GuestMemory
import MachineMonitor

/// Pieces of the kernel that are changed where their bytes are the expected ones; a kernel without them only runs slower.
/// Every hypercall and every return from an exception passes through a SYSCALL, which leaves the guest once: they are made to
/// jump to the monitor. And until the kernel has put its processor's own instruction there, it compares and exchanges sixteen
/// bytes with interrupts off, by CLI, which faults in ring 3 and does nothing.
enum KernelPatches {
    /// One piece: its bytes, how often it may be there, and the bytes instead.
    private struct Piece {
        let expected: [UInt8]
        let maximumCount: Int
        let replacement: [UInt8]
    }

    /// jmp [rip + 0], and the address.
    private static func jump(to entry: Int) -> [UInt8] {
        var jump: [UInt8] = [0xff, 0x25] + [UInt8](repeating: 0, count: 12)
        jump.put(MonitorArea.virtual(entry), at: 6)
        return jump
    }

    private static var pieces: [Piece] {
        [
            // xen_hypercall_pv: push rcx; push r11; syscall; pop r11; pop rcx; ret.
            Piece(
                expected: [0x51, 0x41, 0x53, 0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3], maximumCount: 1,
                replacement: jump(to: gm_patched_hypercall_entry())),
            // The end of xen_iret and its like: push 0; push rcx; push r11; push rax; mov eax, 23; syscall.
            Piece(
                expected: [0x6a, 0x00, 0x51, 0x41, 0x53, 0x50, 0xb8, 0x17, 0, 0, 0, 0x0f, 0x05], maximumCount: 4,
                replacement: jump(to: gm_patched_iret_entry())),
            // this_cpu_cmpxchg16b_emu: pushf; cli; cmp rax, gs:[rsi]. NOP for CLI.
            Piece(
                expected: [0x9c, 0xfa, 0x65, 0x48, 0x3b, 0x06], maximumCount: 1,
                replacement: [0x9c, 0x90, 0x65, 0x48, 0x3b, 0x06]),
        ]
    }

    /// How many places were patched.
    static func apply(_ kernel: KernelFile, _ memory: GuestMemory) throws(GuestMemoryError) -> Int {
        var patched = 0
        for piece in pieces {
            let places = try places(of: piece, kernel, memory)
            guard places.count <= piece.maximumCount else { continue }
            for place in places { try memory.write(piece.replacement, at: GuestAddress(place)) }
            patched += places.count
        }
        return patched
    }

    /// The physical addresses of a piece that is followed by padding for the rest of what replaces it.
    private static func places(
        of piece: Piece, _ kernel: KernelFile, _ memory: GuestMemory
    ) throws(GuestMemoryError) -> [UInt64] {
        var found: [UInt64] = []
        let size: UInt64 = 1 << 20
        let need = UInt64(piece.replacement.count)
        for segment in kernel.segments {
            for start in stride(from: 0, to: segment.fileSize, by: Int(size)) {
                // Stretches overlap by what a place at their end needs.
                let count = min(size + need - 1, segment.fileSize - start)
                guard count >= need else { continue }
                let bytes = try memory.bytes(at: GuestAddress(segment.address + start), count: Int(count))
                found += matches(piece, in: bytes).map { segment.address + start + UInt64($0) }
            }
        }
        return found
    }

    private static func matches(_ piece: Piece, in bytes: [UInt8]) -> [Int] {
        let expected = piece.expected
        var found: [Int] = []
        var start = 0
        let end = bytes.count - piece.replacement.count
        while start <= end, let offset = first(expected, in: bytes, from: start), offset <= end {
            let padding = Array(bytes[(offset + expected.count)..<(offset + piece.replacement.count)])
            if isPadding(padding) { found.append(offset) }
            start = offset + 1
        }
        return found
    }

    /// Where a pattern is found next: the C library's search is many times faster than a loop of ours.
    private static func first(_ pattern: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        // Both arrays have as many bytes as are named, and what is found lies in the first.
        unsafe bytes.withUnsafeBytes { whole in
            unsafe pattern.withUnsafeBytes { wanted in
                guard let base = whole.baseAddress, let needle = wanted.baseAddress,
                    let place = unsafe linux_memmem(base + start, whole.count - start, needle, wanted.count)
                else { return nil }
                return unsafe place - base
            }
        }
    }

    /// Whether bytes are what assemblers put between functions: INT3, or the start of one long NOP (Intel SDM volume 2, NOP).
    private static func isPadding(_ bytes: [UInt8]) -> Bool {
        let long: [[UInt8]] = [
            [0x0f, 0x1f, 0x44, 0x00, 0x00], [0x66, 0x0f, 0x1f, 0x44, 0x00], [0x0f, 0x1f, 0x80, 0x00, 0x00],
            [0x0f, 0x1f, 0x84, 0x00, 0x00], [0x66, 0x0f, 0x1f, 0x84, 0x00],
        ]
        return bytes.allSatisfy { $0 == 0xcc } || bytes.allSatisfy { $0 == 0x90 }
            || long.contains { $0.starts(with: bytes) } || bytes == [0x0f]
    }
}
