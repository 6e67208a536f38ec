import CGuestMonitor
import Testing

@testable import XenMachine

@Suite struct ProcessorPolicyTests {
    private let policy = ProcessorPolicy(frequency: 2_000_000, processors: 4)

    @Test func introducesItselfAsXen() {
        let answer = policy.answer(leaf: 0x4000_0000, subleaf: 0, processor: 0)
        #expect([answer.ebx, answer.ecx, answer.edx] == [0x566e_6558, 0x6558_4d4d, 0x4d4d_566e])
        #expect(policy.answer(leaf: 0x4000_00ff, subleaf: 7, processor: 0) == .init())
    }

    @Test func hidesWhatRingThreeCannotDo() {
        let features = policy.answer(leaf: 1, subleaf: 0, processor: 0)
        // VMX, PCID, x2APIC, deadline timer; hypervisor and APIC are there.
        #expect(features.ecx & (1 << 5 | 1 << 17 | 1 << 21 | 1 << 24) == 0)
        #expect(features.ecx & 1 << 31 != 0)
        #expect(features.edx & 1 << 9 != 0)
        // SMEP, SMAP, FSGSBASE.
        #expect(policy.answer(leaf: 7, subleaf: 0, processor: 0).ebx & (1 << 7 | 1 << 20 | 1) == 0)
    }

    @Test func vectorStatesAddUp() {
        let all = policy.answer(leaf: 0xd, subleaf: 0, processor: 0)
        #expect(UInt64(all.eax) == policy.vectorState)
        #expect(all.ebx == all.ecx)
        for number in 2..<UInt32(64) where policy.vectorState >> UInt64(number) & 1 == 0 {
            #expect(policy.answer(leaf: 0xd, subleaf: number, processor: 0) == .init())
        }
    }

    @Test func tellsEachProcessorItsNumber() {
        for processor in 0..<4 {
            let answer = policy.answer(leaf: 1, subleaf: 0, processor: processor)
            #expect(answer.ebx >> 24 == UInt32(processor))
            #expect(answer.ebx >> 16 & 255 == 4)
        }
    }

    @Test func tableForTheGuestSaysTheSameAndFits() {
        let table = policy.table
        #expect(table.count <= Int(GM_ANSWER_LIMIT))
        for entry in table {
            #expect(!entry.leaves.contains(1) && !entry.leaves.contains(0xb))
            for leaf in [entry.leaves.lowerBound, entry.leaves.upperBound] {
                for subleaf in entry.subleaf.map({ [$0] }) ?? [0, 1, 7] {
                    #expect(policy.answer(leaf: leaf, subleaf: subleaf, processor: 1) == entry.answer)
                }
            }
        }
    }
}
