import CKVM
import Testing

@testable import HardwareMachine

@Suite("what a guest is shown of CPUID")
struct CPUIDFilterTests {
    private static func entry(
        _ function: UInt32, _ index: UInt32 = 0, eax: UInt32 = 0, ebx: UInt32 = 0, ecx: UInt32 = 0, edx: UInt32 = 0
    ) -> kvm_cpuid_entry2 {
        var entry = kvm_cpuid_entry2()
        entry.function = function
        entry.index = index
        (entry.eax, entry.ebx, entry.ecx, entry.edx) = (eax, ebx, ecx, edx)
        return entry
    }

    /// A host that supports everything.
    private static let everything = [
        0x0, 0x1, 0x6, 0xa, 0xb, 0x12, 0x14, 0x1f, 0x4000_0000, 0x4000_0001, 0x8000_0001,
        0x8000_0008, 0x8000_000a, 0x8000_001d, 0x8000_001e, 0x8000_001f, 0x8fff_ffff,
    ].map { entry($0, eax: .max, ebx: .max, ecx: .max, edx: .max) }

    private static func shown(
        _ function: UInt32, _ index: UInt32 = 0, processors: UInt32, processor: UInt32
    ) -> kvm_cpuid_entry2? {
        CPUIDFilter(processors: processors).table(everything, processor: processor)
            .first { $0.function == function && $0.index == index }
    }

    @Test func tellsEachProcessorItsNumber() throws {
        for processor: UInt32 in 0..<3 {
            let basic = try #require(Self.shown(0x1, processors: 3, processor: processor))
            #expect(basic.ebx >> 24 == processor)
            #expect(basic.ebx >> 16 & 0xff == 4)
            let topology = try #require(Self.shown(0xb, 1, processors: 3, processor: processor))
            #expect(topology.eax == 2)
            #expect(topology.ebx == 3)
            #expect(topology.edx == processor)
            let amd = try #require(Self.shown(0x8000_0008, processors: 3, processor: processor))
            #expect(amd.ecx & 0xff == 2)
            #expect(amd.ecx >> 12 & 0xf == 2)
        }
    }

    @Test func endsTheListOfTopologyLevels() throws {
        let last = try #require(Self.shown(0xb, 2, processors: 8, processor: 0))
        #expect(last.ebx == 0)
        #expect(last.ecx == 2)
    }

    @Test func hidesVirtualizationAndCounters() throws {
        let basic = try #require(Self.shown(0x1, processors: 1, processor: 0))
        // VMX and PDCM.
        #expect(basic.ecx & (1 << 5 | 1 << 15) == 0)
        // One processor, no hyper-threading.
        #expect(basic.edx & 1 << 28 == 0)
        let extended = try #require(Self.shown(0x8000_0001, processors: 1, processor: 0))
        // SVM and its counters.
        #expect(extended.ecx & (1 << 2 | 1 << 23) == 0)
        for leaf: UInt32 in [0xa, 0x12, 0x14, 0x1f, 0x8000_000a, 0x8000_001f] {
            #expect(Self.shown(leaf, processors: 1, processor: 0) == nil)
        }
    }

    @Test func showsNoLeafThatIsNotListed() {
        #expect(Self.shown(0x8fff_ffff, processors: 1, processor: 0) == nil)
    }

    @Test func saysThatThereIsAHypervisorAndADeadlineTimer() throws {
        let table = CPUIDFilter(processors: 1).table([Self.entry(0x1)], processor: 0)
        let basic = try #require(table.first { $0.function == 0x1 })
        #expect(basic.ecx == 1 << 31 | 1 << 24)
    }

    @Test func offersTheClockAndNoHintOfRealTime() throws {
        let features = try #require(Self.shown(0x4000_0001, processors: 1, processor: 0))
        #expect(features.eax & (1 << 3 | 1 << 24) == 1 << 3 | 1 << 24)
        #expect(features.edx == 0)
    }

    @Test("has room for the most processors", arguments: [1, 2, 3, 64, 65, 254] as [UInt32])
    func most(processors: UInt32) throws {
        let topology = try #require(Self.shown(0xb, 1, processors: processors, processor: processors - 1))
        #expect((processors - 1) >> topology.eax == 0)
        #expect(topology.edx == processors - 1)
    }
}
