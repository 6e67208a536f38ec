import CGuestMonitor
import GuestMemory
import KVM
import MachineMonitor
import Testing

@testable import XenMachine

/// What a kernel, hostile or not, says about its processors: as Xen would answer it.
@Suite struct SeveralProcessorsTests {
    private let guest: PretendedGuest
    private let page = PretendedGuest.page

    init() throws { guest = try PretendedGuest(processors: 3) }

    // Numbers as in xen.h, vcpu.h and event_channel.h.
    private let operation: UInt64 = 24
    private let initialise: UInt64 = 0
    private let up: UInt64 = 1
    private let down: UInt64 = 2
    private let isUp: UInt64 = 3
    private let setTimer: UInt64 = 8
    private let registerInformation: UInt64 = 10
    private let eventChannel: UInt64 = 32
    private let bindVirtualInterrupt: UInt64 = 1
    private let bindInterprocessor: UInt64 = 7
    private let bindProcessor: UInt64 = 8

    private let noEntry: Int64 = -2
    private let fault: Int64 = -14
    private let exists: Int64 = -17
    private let invalid: Int64 = -22

    /// A context that a processor can begin with, with some words of it changed.
    private func putContext(_ changed: [Int: UInt64] = [:]) throws {
        var bytes = [UInt8](repeating: 0, count: ProcessorContext.size)
        // VGCF_in_kernel, RIP, RSP, RFLAGS, a handler of page faults, CR3, the event's entry, the kernel's GS.
        let words: [Int: UInt64] = [
            512: 4, 520 + 128: 0xffff_ffff_8100_0000, 520 + 152: 0x9000, 520 + 144: .max, 720: 14,
            728: 0xffff_ffff_8100_1000, 4984 + 24: PretendedGuest.root, 5112: 0xffff_ffff_8100_2000, 5152: 0x7000,
        ]
        for (offset, word) in words.merging(changed, uniquingKeysWith: { $1 }) { bytes.put(word, at: offset) }
        try guest.memory.write(bytes, at: GuestAddress(page))
    }

    private func put(_ words: UInt32...) throws {
        for (index, word) in words.enumerated() {
            try guest.memory.write(word, at: GuestAddress(page + 4 * UInt64(index)))
        }
    }

    private func get(_ index: UInt64) throws -> UInt32 {
        try guest.memory.read(UInt32.self, at: GuestAddress(page + 4 * index))
    }

    @Test func areStartedOnceTheyHaveBeenInitialised() throws {
        #expect(try guest.call(operation, isUp, 0) == 1)
        #expect(try guest.call(operation, isUp, 1) == 0)
        #expect(try guest.call(operation, up, 1) == invalid)
        try putContext()
        #expect(try guest.call(operation, initialise, 1, page) == 0)
        #expect(try guest.call(operation, isUp, 1) == 0)
        #expect(try guest.call(operation, up, 1) == 0)
        #expect(try guest.call(operation, isUp, 1) == 1)
        #expect(try guest.call(operation, isUp, 2) == 0)
        let context = try #require(guest.domain.processors[1].takeContext())
        #expect(context.general.rip == 0xffff_ffff_8100_0000 && context.root == PretendedGuest.root)
        // IOPL and what else no program may have.
        #expect(context.general.rflags == ProcessorState.flags(.max) && context.general.rflags & 3 << 12 == 0)
        #expect(context.traps == [14: .init(address: 0xffff_ffff_8100_1000, masksEvents: false)])
    }

    @Test func areNotInitialisedTwice() throws {
        try putContext()
        #expect(try guest.call(operation, initialise, 0, page) == exists)
        #expect(try guest.call(operation, initialise, 1, page) == 0)
        #expect(try guest.call(operation, initialise, 1, page) == exists)
        #expect(guest.domain.processors[1].takeContext() != nil)
        #expect(guest.domain.processors[1].takeContext() == nil)
        #expect(try guest.call(operation, initialise, 1, page) == exists)
    }

    @Test(
        arguments: [
            // Flags, RIP, CR3 (twice), FS, the kernel's GS, the user's.
            (512, 0), (520 + 128, 1 << 47), (4984 + 24, PretendedGuest.memorySize),
            (4984 + 24, PretendedGuest.root + 1),
            (5144, 1 << 63), (5152, 0xffff_7fff_ffff_ffff), (5160, 1 << 48),
        ] as [(Int, UInt64)])
    func areNotInitialisedWithWhatNoProcessorTakes(_ offset: Int, _ word: UInt64) throws {
        try putContext([offset: word])
        #expect(try guest.call(operation, initialise, 1, page) == invalid)
        #expect(try guest.call(operation, up, 1) == invalid)
    }

    @Test func aContextThatIsNotAllThereIsAFault() throws {
        try putContext()
        for place in [0x1f_f000, 0x20_0000, UInt64.max - 7] {
            #expect(try guest.call(operation, initialise, 1, place) == fault)
        }
        try guest.unmap(page + 4096)
        #expect(try guest.call(operation, initialise, 1, page) == fault)
        #expect(!guest.domain.processors[1].isInitialised)
    }

    @Test(arguments: [UInt64(3), 16, 0x8000_0000, 0xffff_ffff]) func thatThereAreNotHaveNoEntry(_ number: UInt64) throws
    {
        try putContext()
        for command in [initialise, up, down, isUp, 5, 7, setTimer, 9, registerInformation, 13] {
            #expect(try guest.call(operation, command, number, page) == noEntry)
        }
        try put(UInt32(number))
        #expect(try guest.call(eventChannel, bindInterprocessor, page) == noEntry)
        try put(0, UInt32(number))
        #expect(try guest.call(eventChannel, bindVirtualInterrupt, page) == noEntry)
        try put(1, UInt32(number))
        #expect(try guest.call(eventChannel, bindProcessor, page) == noEntry)
    }

    @Test func theLastThatGoesDownEndsTheMachine() throws {
        try putContext()
        #expect(try guest.call(operation, initialise, 1, page) == 0)
        #expect(try guest.call(operation, up, 1) == 0)
        #expect(try guest.call(operation, down, 0) == 0)
        #expect(!guest.processor.kick.isStopping)
        #expect(try guest.call(operation, down, 1) == 0)
        #expect(guest.processor.kick.isStopping)
        #expect(try guest.domain.ending.result(ConsoleLog(-1)).get() == .poweredOff)
    }

    @Test func setOnlyTheirOwnTimers() throws {
        for command in [UInt64(7), setTimer, 9] {
            #expect(try guest.call(operation, command, 1, page) == invalid)
            #expect(try guest.call(operation, command, 0, page) == 0)
        }
    }

    @Test func moveTheStructuresOfThoseThatRest() throws {
        for words: [UInt64] in [[3, 64]] {
            for (index, word) in words.enumerated() {
                try guest.memory.write(word, at: GuestAddress(page + 8 * UInt64(index)))
            }
        }
        #expect(try guest.call(operation, registerInformation, 1, page) == 0)
        #expect(guest.domain.processors[1].informationPlace == 3 << 12 + 64)
        let state = MonitorArea(memory: guest.memory, processor: 1)
        #expect(try state.state(GM_VCPU_INFO) == MonitorArea.virtual(memory: 3 << 12 + 64))
        #expect(guest.domain.processors[0].informationPlace == EventChannels.firstInformationPlace(0))
        // Not of one that runs.
        try guest.domain.processors[2].initialise(
            ProcessorContext(try contextBytes(), memorySize: PretendedGuest.memorySize))
        try guest.domain.processors[2].start()
        try guest.memory.write(UInt64(3), at: GuestAddress(page))
        try guest.memory.write(UInt64(64), at: GuestAddress(page + 8))
        #expect(try guest.call(operation, registerInformation, 2, page) == invalid)
        try guest.check()
    }

    private func contextBytes() throws -> [UInt8] {
        try putContext()
        return try guest.memory.bytes(at: GuestAddress(page), count: ProcessorContext.size)
    }

    @Test func tellEachOtherByChannels() throws {
        try put(2)
        #expect(try guest.call(eventChannel, bindInterprocessor, page) == 0)
        let port = try get(1)
        try put(port)
        #expect(try guest.call(eventChannel, 4, page) == 0)
        #expect(try guest.domain.channels.isPending(2) && !guest.domain.channels.isPending(0))
        // It stays with its processor; a channel of a device moves.
        try put(port, 1)
        #expect(try guest.call(eventChannel, bindProcessor, page) == invalid)
        try put(5)
        #expect(try guest.call(eventChannel, 2, page) == 0)
        try put(try get(2), 1)
        #expect(try guest.call(eventChannel, bindProcessor, page) == 0)
        try guest.check()
    }

    @Test(arguments: [UInt32(2), 3, 4, 23]) func haveNoInterruptsThatAreTheMachines(_ number: UInt32) throws {
        try put(number, 1)
        #expect(try guest.call(eventChannel, bindVirtualInterrupt, page) == invalid)
        try put(number, 0)
        #expect(try guest.call(eventChannel, bindVirtualInterrupt, page) == 0)
    }

    @Test func forgetTranslationsBeforeTheyEnterTheGuest() throws {
        let other = guest.domain.processors[1]
        #expect(other.enter())
        other.leave()
        // Outside of the guest no one waits for it; bits of processors that there are not mean nothing.
        #expect(try guest.call(UInt64(GM_CALL_FLUSH_OTHERS), .max) == 0)
        #expect(!other.isFlushDue)
        #expect(!other.enter())
        #expect(other.enter())
        other.wantFlush()
        #expect(other.isFlushDue)
        other.leave()
        #expect(!other.isFlushDue)
        // The one that asks has done it by itself.
        #expect(guest.domain.processors[0].enter())
    }
}
