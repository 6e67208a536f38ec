import CKVM
import MachineMonitor

/// What the guest's kernel is told of its processor (Intel SDM volume 2, CPUID). Programs see the host's own answer: this
/// kind of KVM lets CPUID through in user mode. The kernel asks by Xen's prefix, and gets the host's answer without what has
/// no meaning in ring 3 or is not kept over switches.
struct ProcessorPolicy {
    /// XCR0: x87, SSE, AVX and AVX-512, as far as the host has them. Tiles (AMX) need a register that the kernel cannot set.
    let vectorState: UInt64
    /// Of the time-stamp counter, in kHz.
    let frequency: UInt64
    /// How many processors the guest has.
    let processors: Int

    struct Answer: Equatable {
        var eax: UInt32 = 0
        var ebx: UInt32 = 0
        var ecx: UInt32 = 0
        var edx: UInt32 = 0
    }

    init(frequency: UInt64, processors: Int) {
        self.frequency = frequency
        self.processors = processors
        vectorState = ckvm_xgetbv() & 0b1110_0111
    }

    /// The answer for a leaf.
    ///
    /// - Parameter processor: whose answer it is.
    func answer(leaf: UInt32, subleaf: UInt32, processor: Int) -> Answer {
        if leaf & 0xffff_0000 == 0x4000_0000 { return ofHypervisor(leaf, subleaf) }
        var answer = Self.ofHost(leaf, subleaf)
        switch leaf {
        case 0: answer.eax = min(answer.eax, 0x16)
        case 1:
            // The processor's number, and how many there are.
            answer.ebx = answer.ebx & 0xffff | UInt32(processors) << 16 | UInt32(processor) << 24
            answer.ecx &= ~Self.bits(2, 3, 4, 5, 6, 7, 8, 15, 17, 21, 24)
            answer.ecx |= Self.bits(31)
            answer.edx &= ~Self.bits(1, 3, 7, 11, 12, 13, 14, 17, 21, 22, 28, 29)
            // A local APIC: without it the kernel does not read the tables of interrupts.
            answer.edx |= Self.bits(9)
        case 4: answer.eax &= 0x3fff
        case 7 where subleaf == 0:
            answer.eax = 0
            // Kept out: FSGSBASE, SGX, HLE, SMEP, INVPCID, RTM, MPX, SMAP, tracing and what else is ring 0's. And fast strings of
            // bytes: where KVM interprets the clearing of a page, words are an eighth of the steps.
            answer.ebx &= ~Self.bits(0, 1, 2, 4, 7, 9, 10, 11, 12, 14, 15, 20, 25)
            answer.ecx &= ~Self.bits(2, 3, 4, 5, 7, 13, 16, 22, 24, 25, 27, 28, 29, 30, 31)
            answer.edx &= Self.bits(2, 3, 4, 8, 14, 23)
        case 0xd: answer = ofVectorState(subleaf, answer)
        case 0x16:
            // Without it the kernel measures its counter by a timer that is not there.
            answer = Answer(eax: UInt32(truncatingIfNeeded: frequency / 1000))
            answer.ebx = answer.eax
            answer.ecx = 100
        case 0x8000_0000: answer.eax = min(answer.eax, 0x8000_0008)
        case 0x8000_0001:
            answer.edx &= ~Self.bits(26, 27)
            answer.ecx &= Self.bits(0, 5, 8)
        case 0x8000_0007: answer = Answer(edx: answer.edx & Self.bits(8))
        case 0x8000_0008: answer = Answer(eax: answer.eax)
        case 2, 3, 0x8000_0002...0x8000_0006: break
        default: answer = Answer()
        }
        return answer
    }

    /// An answer of the table that the monitor has in the guest; `subleaf` is nil where all have the same.
    struct TableEntry {
        let leaves: ClosedRange<UInt32>
        let subleaf: UInt32?
        let answer: Answer
    }

    /// What a kernel asks most, but for the leaves that tell processors apart (1, 11).
    var table: [TableEntry] {
        // How many subleaves of those leaves that have more than one are asked for.
        let counts: [UInt32: UInt32] = [4: 8, 7: 2, 0xd: 20, 0x4000_0003: 1]
        let leaves: [Range<UInt32>] = [
            0..<1, 2..<0xb, 0xc..<0x17, 0x4000_0000..<0x4000_0004, 0x8000_0000..<0x8000_0009,
        ]
        // Where other hypervisors are looked for, one leaf of each 256.
        let others = TableEntry(leaves: 0x4000_0004...0x4000_ffff, subleaf: nil, answer: Answer())
        return [others]
            + leaves.joined().flatMap { leaf -> [TableEntry] in
                func entry(_ subleaf: UInt32?) -> TableEntry {
                    let answer = answer(leaf: leaf, subleaf: subleaf ?? 0, processor: 0)
                    return TableEntry(leaves: leaf...leaf, subleaf: subleaf, answer: answer)
                }
                guard let count = counts[leaf] else { return [entry(nil)] }
                return (0..<count).map { entry($0) }
            }
    }

    /// A sum of what the kernel and programs may have chosen their code by: a copy must not find less.
    var fingerprint: UInt64 {
        var bytes: [UInt8] = []
        for (leaf, subleaf) in [(0, 0), (1, 0), (7, 0), (0xd, 0), (0xd, 1), (0x8000_0001, 0)] as [(UInt32, UInt32)] {
            let answer = answer(leaf: leaf, subleaf: subleaf, processor: 0)
            for register in [answer.eax, answer.ebx, answer.ecx, answer.edx] {
                for shift in stride(from: UInt32(0), to: 32, by: 8) { bytes.append(UInt8(register >> shift & 0xff)) }
            }
        }
        return Checksum.of(bytes)
    }

    private func ofVectorState(_ subleaf: UInt32, _ host: Answer) -> Answer {
        switch subleaf {
        case 0:
            return Answer(
                eax: UInt32(truncatingIfNeeded: vectorState), ebx: vectorSize.standard, ecx: vectorSize.standard)
        // XSAVEOPT, XSAVEC, XGETBV with ECX 1; no supervisor states.
        case 1: return Answer(eax: host.eax & 7, ebx: vectorSize.compact)
        case 2..<63 where vectorState >> UInt64(subleaf) & 1 != 0: return host
        default: return Answer()
        }
    }

    /// Bytes of an XSAVE area with every state of `vectorState`, in either form (Intel SDM volume 1, 13.4).
    private var vectorSize: (standard: UInt32, compact: UInt32) {
        // The legacy area and the header.
        let fixed: UInt32 = 576
        var size = (standard: fixed, compact: fixed)
        for number in 2..<UInt32(63) where vectorState >> UInt64(number) & 1 != 0 {
            let state = Self.ofHost(0xd, number)
            size.standard = max(size.standard, state.ebx + state.eax)
            if state.ecx & 2 != 0 { size.compact = (size.compact + 63) & ~63 }
            size.compact += state.eax
        }
        return size
    }

    /// Xen's leaves (arch-x86/cpuid.h): signature, version 4.17, and the counter's frequency.
    private func ofHypervisor(_ leaf: UInt32, _ subleaf: UInt32) -> Answer {
        switch leaf {
        // "XenVMMXenVMM".
        case 0x4000_0000: Answer(eax: 0x4000_0003, ebx: 0x566e_6558, ecx: 0x6558_4d4d, edx: 0x4d4d_566e)
        case 0x4000_0001: Answer(eax: VersionInformation.number)
        case 0x4000_0003 where subleaf == 0:
            Answer(ebx: 2, ecx: UInt32(truncatingIfNeeded: frequency), edx: 1)
        default: Answer()
        }
    }

    private static func ofHost(_ leaf: UInt32, _ subleaf: UInt32) -> Answer {
        var registers: [UInt32] = [0, 0, 0, 0]
        // Four registers' room.
        unsafe ckvm_cpuid(leaf, subleaf, &registers)
        return Answer(eax: registers[0], ebx: registers[1], ecx: registers[2], edx: registers[3])
    }

    private static func bits(_ numbers: UInt32...) -> UInt32 { numbers.reduce(0) { $0 | 1 << $1 } }
}
