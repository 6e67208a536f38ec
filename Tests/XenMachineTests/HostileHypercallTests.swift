import CGuestMonitor
import GuestMemory
import MachineMonitor
import Testing

@testable import XenMachine

/// What a hostile kernel can say to each hypercall: it gets an error or an answer, and the machine stays one that can be
/// copied; or what it says is unknown, and the machine ends with that. Nothing of it ends the process.
@Suite struct HostileHypercallTests {
    private let guest: PretendedGuest
    private let page = PretendedGuest.page

    init() throws { guest = try PretendedGuest() }

    // Numbers as in xen.h.
    private let trapTable: UInt64 = 0
    private let platform: UInt64 = 7
    private let memoryOperation: UInt64 = 12
    private let timer: UInt64 = 15
    private let version: UInt64 = 17
    private let console: UInt64 = 18
    private let grantTable: UInt64 = 20
    private let iret: UInt64 = 23
    private let processor: UInt64 = 24
    private let schedule: UInt64 = 29
    private let callback: UInt64 = 30
    private let eventChannel: UInt64 = 32
    private let physicalDevice: UInt64 = 33
    private let performance: UInt64 = 40

    // Answers.
    private let fault: Int64 = -14
    private let invalid: Int64 = -22
    private let notImplemented: Int64 = -38

    /// Addresses that are none, or whose bytes are not all there.
    private var badPlaces: [UInt64] {
        [
            0x1f_fffc, 0x20_0000, 0x7fff_ffff_f000, 0x8000_0000_0000, 0xffff_8000_0000_0000,
            MonitorArea.virtual(Int(GM_DOORBELL)), UInt64.max - 7, .max,
        ]
    }

    private func put(_ words: [UInt64], at place: UInt64? = nil) throws {
        for (index, word) in words.enumerated() {
            try guest.memory.write(word, at: GuestAddress((place ?? page) + 8 * UInt64(index)))
        }
    }

    private func put(half: UInt32, at place: UInt64) throws { try guest.memory.write(half, at: GuestAddress(place)) }

    @Test(arguments: [UInt64(0), 2, 7, 8, 9, 12, 15, 17, 18, 20, 21, 24, 25, 26, 30, 32, 33, 40])
    func everyCommandEndsForEveryPlace(_ number: UInt64) throws {
        let numbers = Array(UInt64(0)..<64) + [255, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 1 << 32, .max]
        for command in numbers {
            for place in badPlaces + [0, page, page + 1, page + 4095] {
                for last in [0, 1, page, .max] as [UInt64] {
                    guest.processor.end = nil
                    let answer = try guest.call(number, command, place, last)
                    switch guest.processor.end {
                    case nil: #expect(answer >= -38, "\(number) \(command) \(place): \(answer)")
                    case .unknownHypercall(number, .some, [command, place, last, 0, 0], 0): break
                    case let end: Issue.record("\(number) \(command) \(place): \(String(describing: end))")
                    }
                }
            }
        }
        try guest.check()
    }

    @Test(arguments: [UInt64(1), 13, 38, 63, 65, 1000, 1 << 32, 1 << 32 | 17, .max])
    func whatIsNotKnownEndsTheMachine(_ number: UInt64) throws {
        try guest.processor.area.setState(GM_CALLER, 0xffff_ffff_8100_1234)
        guest.processor.general.r10 = 4
        guest.processor.general.r8 = 5
        try guest.call(number, 1, 2, 3)
        #expect(
            guest.processor.end
                == .unknownHypercall(
                    number: number, command: nil, arguments: [1, 2, 3, 4, 5], address: 0xffff_ffff_8100_1234))
        try guest.check()
    }

    /// Where a command is told: in the first argument, or in memory.
    @Test(arguments: [
        (UInt64(12), UInt64(6)), (17, 10), (18, 2), (24, 4), (25, 4), (29, 5), (30, 2), (32, 12), (33, 15),
        (33, 1 << 31),
    ])
    func aCommandThatIsNotKnownEndsTheMachine(_ number: UInt64, _ command: UInt64) throws {
        try guest.call(number, 0xffff_ffff << 32 | command, number == processor ? 0 : page)
        guard case .unknownHypercall(number, command, _, _)? = guest.processor.end else {
            Issue.record("\(String(describing: guest.processor.end))")
            return
        }
    }

    @Test(arguments: [UInt64(7), 26]) func aCommandInMemoryThatIsNotKnownEndsTheMachine(_ number: UInt64) throws {
        try put([0xffff_ffff << 32 | 16, 0])
        try guest.call(number, page, 1)
        guard case .unknownHypercall(number, 16, _, _)? = guest.processor.end else {
            Issue.record("\(String(describing: guest.processor.end))")
            return
        }
    }

    /// What Linux 6.12 looks for at its start, or tells on the way, and does without.
    @Test func whatLinuxDoesWithoutIsRefused() throws {
        for (number, command) in [(grantTable, UInt64(6)), (performance, 0), (processor, 11), (schedule, 7)] {
            #expect(try guest.call(number, command, 0, page) == notImplemented, "\(number) \(command)")
        }
        for command in [UInt64(11), 13] { #expect(try guest.call(eventChannel, command, page) == notImplemented) }
        #expect(try guest.call(physicalDevice, 28, page) == notImplemented)
        for command in [UInt64(17), 33, 50, 51, 54, 56, 57, 62] {
            try put([command])
            #expect(try guest.call(platform, page) == notImplemented, "\(command)")
        }
        #expect(guest.processor.end == nil)
    }

    @Test func pageTablesThatLeadNowhereAreFaults() throws {
        for root in [UInt64(0x20_0000), 0xffff_ffff_f000, .max, MonitorArea.doorbell] {
            try guest.processor.area.setState(GM_KERNEL_ROOT, root)
            // A command of each that reads or writes memory.
            for (number, first) in [
                (trapTable, page), (callback, 0), (eventChannel, 6), (physicalDevice, 5), (platform, page),
                (memoryOperation, 9), (version, 6), (schedule, 2), (console, 0),
            ] {
                #expect(try guest.call(number, first, page, page) == fault, "\(number)")
            }
            #expect(try guest.call(processor, 10, 0, page) == fault)
        }
    }

    // MARK: Traps

    @Test func aListOfHandlersWithoutEndIsRefused() throws {
        for index in 0..<UInt64(300) { try put([UInt64(index & 255), 0x1234], at: page + 16 * index) }
        #expect(try guest.call(trapTable, page) == invalid)
        try guest.check()
    }

    @Test func aListOfHandlersThatEndsOutsideOfMemoryIsAFault() throws {
        try put([14, 0x1234], at: page + 4080)
        try guest.unmap(page + 4096)
        #expect(try guest.call(trapTable, page + 4080) == fault)
        #expect(try guest.call(trapTable, page + 4090) == fault)
        try guest.check()
    }

    @Test func handlersCanBeForgotten() throws {
        try put([3, 0x1234, 0, 0])
        #expect(try guest.call(trapTable, page) == 0)
        #expect(guest.processor.traps.set.count == 1)
        #expect(try guest.call(trapTable, 0) == 0)
        #expect(guest.processor.traps.set.isEmpty)
    }

    @Test(arguments: [UInt16(1), 5, 7])
    func callbacksOfOtherKindsAreNotTaken(_ kind: UInt16) throws {
        try put([UInt64(kind), 0x5555])
        let answer = try guest.call(callback, 0, page)
        #expect(answer == (kind == 1 ? 0 : notImplemented))
        #expect(guest.processor.eventEntry == 0 && guest.processor.end == nil)
    }

    @Test(arguments: [UInt16(3), 4, 6, .max])
    func callbacksOfUnknownKindsEndTheMachine(_ kind: UInt16) throws {
        try put([UInt64(kind), 0x5555])
        try guest.call(callback, 0, page)
        guard case .unknownHypercall(callback, UInt64(kind), _, _)? = guest.processor.end else {
            Issue.record("\(String(describing: guest.processor.end))")
            return
        }
    }

    // MARK: Memory

    @Test func aMapOfMemoryNeedsRoom() throws {
        try put([0, page])
        for command in [UInt64(9), 10] { #expect(try guest.call(memoryOperation, command, page) == invalid) }
        try put([1, .max - 8])
        #expect(try guest.call(memoryOperation, 9, page) == fault)
        // The map over its own request.
        try put([0xffff_ffff, page])
        #expect(try guest.call(memoryOperation, 9, page) == 0)
    }

    @Test func givesBackNoMoreThanThereIs() throws {
        try put([0, .max, 0])
        #expect(try guest.call(memoryOperation, 1, page) == Int64(PretendedGuest.memorySize >> 12))
    }

    @Test func anExchangeOfPlacesThatAreNoneIsAFault() throws {
        for place in badPlaces {
            try put([place, 1, 0, 0, page + 256])
            #expect(try guest.call(memoryOperation, 11, page) == fault)
            try put([page + 256, 1, 0, 0, place])
            #expect(try guest.call(memoryOperation, 11, page) == fault)
        }
    }

    // MARK: The processor

    @Test(arguments: [UInt64(1), 7, 0x8000_0000, 0xffff_ffff])
    func otherProcessorsAreNotThere(_ number: UInt64) throws {
        for command in [UInt64(0), 1, 2, 3, 5, 7, 8, 9, 10, 13] {
            #expect(try guest.call(processor, command, number, page) == -2)
        }
    }

    @Test func theProcessorsOwnStructureStaysInMemory() throws {
        let before = guest.processor.handle.informationPlace
        for frame in [PretendedGuest.memorySize >> 12, MonitorArea.start >> 12, 1 << 52, .max] {
            try put([frame, 0])
            #expect(try guest.call(processor, 10, 0, page) == invalid, "\(frame)")
        }
        for offset in [4, 4096 - 63, 4096, 0xffff_fff8] as [UInt64] {
            try put([UInt64(5), offset])
            #expect(try guest.call(processor, 10, 0, page) == invalid, "\(offset)")
        }
        #expect(guest.processor.handle.informationPlace == before)
        // At memory's very end it may lie.
        try put([PretendedGuest.memorySize >> 12 - 1, 4096 - 64])
        #expect(try guest.call(processor, 10, 0, page) == 0)
        try guest.check()
    }

    @Test func timeIsToldInOnePageOfMemoryOnly() throws {
        for place in [page + 4096 - 24, page + 4, MonitorArea.virtual(Int(GM_DOORBELL)) + 4092] {
            try put([place])
            #expect(try guest.call(processor, 13, 0, page) == invalid)
        }
        for place in badPlaces where place & 7 == 0 && place & 4095 <= 4096 - 32 {
            try put([place])
            #expect(try guest.call(processor, 13, 0, page) == fault, "\(place)")
        }
        #expect(guest.processor.handle.timePlace.withLock { $0 } == nil)
        try put([page + 64])
        #expect(try guest.call(processor, 13, 0, page) == 0)
        #expect(guest.processor.handle.timePlace.withLock { $0 } == page + 64)
        try guest.check()
    }

    @Test(arguments: [UInt64(1), 1 << 62, 1 << 63, .max - 1, .max])
    func everyTimeOfATimerIsTaken(_ time: UInt64) throws {
        #expect(try guest.call(timer, time) == 0)
        try put([time])
        #expect(try guest.call(processor, 8, 0, page) == 0)
        #expect(guest.processor.deadline == time)
        try guest.processor.takeInterrupts()
        try guest.check()
        #expect(try guest.call(timer, 0) == 0)
        #expect(guest.processor.deadline == nil)
    }

    // MARK: Console and schedule

    @Test func theConsoleTakesAPageAtOnce() throws {
        #expect(try guest.call(console, 0, .max, page) == 4096)
        #expect(try guest.call(console, 0, 0xffff_ffff, 0x1f_fff0) == fault)
        #expect(try guest.call(console, 0, 0, .max) == 0)
        #expect(try guest.call(console, 1, .max, page) == 0)
    }

    @Test func aShutdownNeedsAReason() throws {
        for place in badPlaces where place != 0x1f_fffc { #expect(try guest.call(schedule, 2, place) == fault) }
        #expect(guest.processor.end == nil)
        try put(half: .max, at: page)
        #expect(try guest.call(schedule, 2, page) == 0)
        guard case .crashed? = guest.processor.end else {
            Issue.record("\(String(describing: guest.processor.end))")
            return
        }
    }

    @Test(arguments: [UInt64(1), 3]) func sleepEndsWithAnEventOrTheMachine(_ command: UInt64) throws {
        // An event that waits already.
        try put(half: 0, at: page)
        #expect(try guest.call(eventChannel, 1, page) == 0)
        try guest.processor.channels.raise(.virtualInterrupt(0), by: 0)
        #expect(try guest.call(schedule, command, .max) == 0)
        #expect(guest.processor.end == nil)
        // A time that has passed.
        try guest.memory.write(UInt8(0), at: GuestAddress(guest.processor.handle.informationPlace))
        try guest.memory.write(UInt64(0), at: GuestAddress(MonitorArea.address(Int(GM_SHARED_INFO)) + 2048))
        #expect(try guest.call(timer, 1) == 0)
        #expect(try guest.call(schedule, command, page) == 0)
        #expect(guest.processor.end == nil)
        // The end.
        try guest.memory.write(UInt8(0), at: GuestAddress(guest.processor.handle.informationPlace))
        guest.processor.kick.stop()
        #expect(try guest.call(schedule, command, page) == 0)
    }

    // MARK: Events

    @Test func interruptsThatThereAreNotAreNotBound() throws {
        for (command, count) in [(UInt64(1), EventChannels.virtualInterruptCount), (2, 16)] {
            for number in [count, count + 1, 0x8000_0000, .max] {
                try put(half: number, at: page)
                #expect(try guest.call(eventChannel, command, page) == invalid)
            }
        }
        #expect(guest.processor.channels.channels.isEmpty)
    }

    @Test func channelsThatAreNotBoundAreRefused() throws {
        for port in [UInt32(0), 1, 4095, 4096, 0x7fff_ffff, 0x8000_0000, .max] {
            try put(half: port, at: page)
            for command in [UInt64(3), 4, 9] {
                #expect(try guest.call(eventChannel, command, page) == invalid, "\(port)")
            }
        }
    }

    @Test func allChannelsCanBeTakenAndNoMore() throws {
        var answers: Set<Int64> = []
        for _ in 0..<5000 { answers.insert(try guest.call(eventChannel, 6, page)) }
        #expect(answers == [0, -28])
        #expect(guest.processor.channels.channels.count == EventChannels.count - 1)
        // The highest: its bits are the last of their arrays.
        try put(half: 4095, at: page)
        for command in [UInt64(4), 9, 3] { #expect(try guest.call(eventChannel, command, page) == 0) }
        try guest.check()
    }

    @Test func noInterruptOfAControllerIsOutsideOfItsTable() throws {
        try put([0, 16])
        #expect(try guest.call(physicalDevice, 13, page) == invalid)
        for register in [UInt32(0), 0x10, 0x3f, 0xffff_fffe, .max] {
            try put(half: register, at: page + 8)
            #expect(try guest.call(physicalDevice, 8, page) == 0)
        }
        for interrupt in [UInt32(0), 255, .max] {
            try put(half: interrupt, at: page)
            #expect(try guest.call(physicalDevice, 10, page) == 0)
        }
    }

    // MARK: Return

    @Test func aReturnWithoutAFrameEndsTheMachine() throws {
        guest.processor.general.rsp = .max - 71
        try guest.call(iret)
        guard case .guestFault? = guest.processor.end else {
            Issue.record("\(String(describing: guest.processor.end))")
            return
        }
    }

    @Test func aReturnGivesAProgramNoRightOverPorts() throws {
        // RAX, R11, RCX, flags of Xen's, RIP, CS, RFLAGS, RSP, SS.
        try put([1, 2, 3, 0, 0x40_0000, 0x33, .max, 0x7000, 0x2b])
        guest.processor.general.rsp = page
        try guest.call(iret)
        // IOPL, VM, VIF, VIP.
        #expect(guest.processor.general.rflags & (3 << 12 | 1 << 17 | 1 << 19 | 1 << 20) == 0)
        #expect(guest.processor.general.rflags & 1 << 9 != 0)
        #expect(guest.processor.special.cs.selector & 3 == 3)
    }

    @Test(arguments: [UInt64(1) << 47, 1 << 63, 0xffff_7fff_ffff_ffff])
    func aReturnToWhatIsNoAddressIsTheProgramsFault(_ target: UInt64) throws {
        try put([13, 0xffff_ffff_8100_0000, 0, 0])
        #expect(try guest.call(trapTable, page) == 0)
        try guest.processor.area.setState(GM_KERNEL_STACK, page + 4096)
        try put([0, 0, 0, 0, target, 0x33, 0x202, 0x7000, 0x2b])
        guest.processor.general.rsp = page
        try guest.call(iret)
        #expect(guest.processor.end == nil)
        #expect(guest.processor.general.rip == 0xffff_ffff_8100_0000)
    }

    // MARK: Events and exceptions

    @Test func anEventForAStackThatIsNoneEndsTheMachine() throws {
        try put([0, 0x5555])
        #expect(try guest.call(callback, 0, page) == 0)
        try put(half: 0, at: page)
        #expect(try guest.call(eventChannel, 1, page) == 0)
        try guest.processor.channels.raise(.virtualInterrupt(0), by: 0)
        guest.processor.general.rsp = 8
        try guest.processor.deliverEvent()
        guard case .guestFault? = guest.processor.end else {
            Issue.record("\(String(describing: guest.processor.end))")
            return
        }
    }

    /// Of what it cannot do, the kernel would be told: where it has no handler yet, the machine ends, and tells.
    @Test(arguments: [6, 13]) func anInstructionThatNobodyCanDoEndsTheMachine(_ vector: Int) throws {
        let size: UInt64 = TrapTable.hasErrorCode(vector) ? 48 : 40
        let top = MonitorArea.virtual(ring0: Int(GM_EXCEPTION_STACK_TOP))
        try guest.memory.write(page, at: GuestAddress(MonitorArea.address(Int(GM_EXCEPTION_STACK_TOP)) - 40))
        // LLDT AX.
        try guest.memory.write(UInt64(0xd0000f), at: GuestAddress(page))
        guest.processor.general.rsp = top - size
        try guest.processor.exception(vector)
        guard case .unknownInstruction(page, let bytes)? = guest.processor.end else {
            Issue.record("\(String(describing: guest.processor.end))")
            return
        }
        #expect(bytes == [0x0f, 0x00, 0xd0] + [UInt8](repeating: 0, count: 12))
    }

    @Test(arguments: 0..<32) func anExceptionOutsideOfItsStackEndsTheMachine(_ vector: Int) throws {
        for stack in [0, 0x1000, MonitorArea.virtual(ring0: Int(GM_EXCEPTION_STACK_TOP)), .max] as [UInt64] {
            guest.processor.end = nil
            guest.processor.general.rsp = stack
            try guest.processor.exception(vector)
            guard case .guestFault? = guest.processor.end else {
                Issue.record("\(stack): \(String(describing: guest.processor.end))")
                return
            }
        }
    }
}
