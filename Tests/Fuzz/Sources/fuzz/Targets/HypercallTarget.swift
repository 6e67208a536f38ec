import CGuestMonitor
import GuestMemory

@testable import XenMachine

/// What a guest's kernel does to its machine: hypercalls and exceptions with any registers, over memory of its own making.
/// The machine ends, or can be copied after all of it.
let hypercallsTarget = FuzzTarget(name: "hypercalls") { bytes in
    do {
        var script = KernelScript(bytes)
        try script.run()
    } catch {
        fatalError("\(error)")
    }
}

private struct KernelScript {
    private var script: ScriptBytes

    init(_ bytes: [UInt8]) { script = ScriptBytes(bytes) }

    /// An address: mostly one in memory, or in the area; sometimes at an end, or any.
    private mutating func address() -> UInt64 {
        switch script.byte() & 15 {
        case 0: PretendedGuest.memorySize &- UInt64(script.byte())
        case 1: script.number(8)
        case 2: UInt64.max - UInt64(script.byte())
        case 3: MonitorArea.virtual(Int(script.number(3)))
        case 4: MonitorArea.virtual(memory: script.number(3))
        default: script.number(3) & (PretendedGuest.memorySize - 1)
        }
    }

    private mutating func argument() -> UInt64 { script.byte() & 1 == 0 ? UInt64(script.byte()) : address() }

    mutating func run() throws {
        let guest = try PretendedGuest(processors: 2)
        let processor = guest.processor
        // Each turn takes at least one byte.
        while !script.isEmpty, processor.end == nil, processor.failure == nil {
            switch script.byte() & 15 {
            case 0: guest.domain.lines.raise(UInt32(script.byte() & 15))
            case 1:
                let place = GuestAddress(script.number(3) & (PretendedGuest.memorySize - 1))
                // Outside of memory nothing is written.
                try? guest.memory.write(script.bytes(Int(script.byte())), at: place)
            case 2:
                // An entry of a page table.
                let table = PretendedGuest.root + UInt64(script.byte() & 3) << 12
                let entry = GuestAddress(table + 8 * (script.number(2) & 511))
                try guest.memory.write(address() & ~0xfff | UInt64(script.byte()), at: entry)
            case 3:
                // The monitor's state is the kernel's to write.
                try processor.area.setState(Int32(script.byte() & 31) * 8, address())
            case 4:
                let place = MonitorArea.address(Int(GM_SHARED_INFO)) + script.number(2) & 0xfff
                try? guest.memory.write(script.number(8), at: GuestAddress(place))
            case 5: try exception(processor)
            case 6:
                processor.general.rip = address()
                processor.general.rsp = address()
                processor.general.rcx = script.number(8)
            case 7:
                try processor.takeInterrupts()
                try processor.deliverEvent()
            case 8: try guest.call(23)
            default: try call(guest)
            }
        }
        try guest.check()
        if processor.failure != nil { fatalError("the host's side failed") }
    }

    private mutating func call(_ guest: PretendedGuest) throws {
        let number = UInt64(script.byte() & 127)
        let first = argument()
        // A kernel that sleeps may do so for ever: the machine's end comes to it.
        if number == 29, [1, 3].contains(first & 0xffff_ffff) { guest.processor.kick.stop() }
        let answer = try guest.call(number, first, argument(), address())
        // An error of Xen's, or an answer; the return from an exception has none.
        if number != 23, answer < -38 { fatalError("hypercall \(number): \(answer)") }
        // A call that nobody knows ends the machine. What would come after it is tried all the same.
        if case .unknownHypercall = processor.end { processor.end = nil }
    }

    /// An exception as the monitor passes it on, or claims to.
    private mutating func exception(_ processor: XenProcessor) throws {
        let vector = Int(script.byte() & 31)
        let top = MonitorArea.virtual(ring0: Int(GM_EXCEPTION_STACK_TOP))
        processor.general.rsp =
            script.byte() & 7 == 0 ? address() : top - (TrapTable.hasErrorCode(vector) ? 48 : 40)
        let frame = MonitorArea.address(Int(GM_EXCEPTION_STACK_TOP))
        for word in UInt64(1)...6 {
            try processor.memory.write(address(), at: GuestAddress(frame - 8 * word))
        }
        try processor.exception(vector)
    }
}
