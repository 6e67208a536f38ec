import CGuestMonitor
import Glibc
import GuestMemory
import MachineMonitor

/// Pieces of the kernel that are changed where their bytes are the expected ones; a kernel without them only runs slower.
/// Every hypercall and every return from an exception passes through a SYSCALL, which leaves the guest once: they are made to
/// jump to the monitor. And until the kernel has put its processor's own instruction there, it compares and exchanges sixteen
/// bytes with interrupts off, by CLI, which faults in ring 3 and does nothing.
enum KernelPatches {
    /// One piece: its bytes, which of them is rare in a kernel, how often it may be there, and the bytes instead.
    private struct Piece {
        let expected: [UInt8]
        /// The place of the byte by which it is looked for.
        let rare: Int
        let maximumCount: Int
        let replacement: [UInt8]
    }

    /// jmp [rip + 0], and the address.
    private static func jump(to entry: Int) -> [UInt8] {
        var jump: [UInt8] = [0xff, 0x25] + [UInt8](repeating: 0, count: 12)
        jump.put(MonitorArea.virtual(entry), at: 6)
        return jump
    }

    private static func pieces(processors: Int) -> [Piece] {
        let (hypercall, iret) =
            processors == 1
            ? (gm_patched_hypercall_entry(), gm_patched_iret_entry())
            : (gm_shared_hypercall_entry(), gm_shared_iret_entry())
        return [
            // xen_hypercall_pv: push rcx; push r11; syscall; pop r11; pop rcx; ret.
            Piece(
                expected: [0x51, 0x41, 0x53, 0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3], rare: 7, maximumCount: 1,
                replacement: jump(to: Int(hypercall))),
            // The end of xen_iret and its like: push 0; push rcx; push r11; push rax; mov eax, 23; syscall.
            Piece(
                expected: [0x6a, 0x00, 0x51, 0x41, 0x53, 0x50, 0xb8, 0x17, 0, 0, 0, 0x0f, 0x05],
                rare: 0, maximumCount: 4,
                replacement: jump(to: Int(iret))),
            // this_cpu_cmpxchg16b_emu: pushf; cli; cmp rax, gs:[rsi]. NOP for CLI.
            Piece(
                expected: [0x9c, 0xfa, 0x65, 0x48, 0x3b, 0x06], rare: 0, maximumCount: 1,
                replacement: [0x9c, 0x90, 0x65, 0x48, 0x3b, 0x06]),
        ]
    }

    /// How much of the kernel is looked at together: it stays in the processor's cache for all pieces.
    private static let stretch = 1 << 18

    /// How many places were patched.
    static func apply(
        _ kernel: KernelFile, _ memory: GuestMemory, processors: Int
    ) throws(GuestMemoryError) -> Int {
        let pieces = Self.pieces(processors: processors)
        let places = try places(of: pieces, kernel, memory)
        var patched = 0
        for (piece, places) in zip(pieces, places) where places.count <= piece.maximumCount {
            for place in places { try memory.write(piece.replacement, at: GuestAddress(place)) }
            patched += places.count
        }
        return patched
    }

    /// The physical addresses of pieces that are followed by padding for the rest of what replaces them.
    private static func places(
        of pieces: [Piece], _ kernel: KernelFile, _ memory: GuestMemory
    ) throws(GuestMemoryError) -> [[UInt64]] {
        var found = pieces.map { _ in [UInt64]() }
        // Stretches overlap by what a place at their end needs.
        let overlap = UInt64(pieces.map(\.replacement.count).max() ?? 0)
        for segment in kernel.segments {
            for start in stride(from: 0, to: segment.fileSize, by: stretch) {
                let count = min(UInt64(stretch) + overlap, segment.fileSize - start)
                let bytes = try memory.bytes(at: GuestAddress(segment.address + start), count: Int(count))
                for (index, piece) in pieces.enumerated() {
                    found[index] += matches(piece, in: bytes).map { segment.address + start + UInt64($0) }
                }
            }
        }
        return found
    }

    /// Where a piece begins, as far as that is in the stretch.
    private static func matches(_ piece: Piece, in bytes: [UInt8]) -> [Int] {
        let length = piece.expected.count
        var found: [Int] = []
        var next = 0
        while let place = first(piece.expected[piece.rare], in: bytes, from: next) {
            next = place + 1
            let begin = place - piece.rare
            guard begin >= 0, begin < stretch, begin + piece.replacement.count <= bytes.count,
                bytes[begin..<(begin + length)] == piece.expected[...],
                isPadding(Array(bytes[(begin + length)..<(begin + piece.replacement.count)]))
            else { continue }
            found.append(begin)
        }
        return found
    }

    /// Where a byte is found next: the C library's search is many times faster than a loop of ours, or than its search for
    /// several bytes.
    private static func first(_ byte: UInt8, in bytes: [UInt8], from start: Int) -> Int? {
        // What is found lies in the array, which has as many bytes as are named.
        unsafe bytes.withUnsafeBytes { whole in
            guard let base = whole.baseAddress, let place = unsafe memchr(base + start, CInt(byte), whole.count - start)
            else { return nil }
            return unsafe UnsafeRawPointer(place) - base
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
