import GuestMemory
import KVM
import MachineMonitor
import Wire

/// What a copy of one processor needs: registers, and what the kernel has told Xen of it. It comes from a file and is checked,
/// as if a guest had said it.
public struct XenProcessorState: Equatable, Sendable {
    /// Whether it has begun; the kernel starts all but the first.
    var isInitialised: Bool
    /// Whether it is to run.
    var isUp: Bool
    /// The structs of KVM's.
    var general: [UInt8]
    var special: [UInt8]
    var vectors: [UInt8]
    var deadline: UInt64?
    var timePlace: UInt64?
    var informationPlace: UInt64
    var traps: [Int: TrapTable.Entry]
    var eventEntry: UInt64

    func encode(to wire: inout WireWriter) {
        wire.put(isInitialised)
        wire.put(isUp)
        wire.put(general)
        wire.put(special)
        wire.put(vectors)
        wire.put(deadline ?? 0)
        wire.put(timePlace != nil)
        wire.put(timePlace ?? 0)
        wire.put(informationPlace)
        wire.put(eventEntry)
        wire.put(UInt32(traps.count))
        for (vector, trap) in traps.sorted(by: { $0.key < $1.key }) {
            wire.put(UInt8(vector))
            wire.put(trap.address)
            wire.put(trap.masksEvents)
        }
    }

    init(from wire: inout WireReader) throws(WireError) {
        func part(_ part: VCPUStatePart) throws(WireError) -> [UInt8] {
            let bytes = try wire.bytes(limit: part.size)
            guard bytes.count == part.size else { throw .invalid("size of a processor's registers") }
            return bytes
        }
        isInitialised = try wire.bool()
        isUp = try wire.bool()
        guard isInitialised || !isUp else { throw .invalid("processor that runs without having begun") }
        general = try part(.general)
        special = try part(.special)
        vectors = try part(.vectors)
        let deadline = try wire.integer(UInt64.self)
        self.deadline = deadline == 0 ? nil : deadline
        let hasTimePlace = try wire.bool()
        let place = try wire.integer(UInt64.self)
        timePlace = hasTimePlace ? place : nil
        informationPlace = try wire.integer(UInt64.self)
        eventEntry = try wire.integer(UInt64.self)
        traps = [:]
        for _ in 0..<(try wire.count(limit: 256)) {
            let vector = Int(try wire.integer(UInt8.self))
            traps[vector] = TrapTable.Entry(
                address: try wire.integer(UInt64.self), masksEvents: try wire.bool())
        }
    }

    /// Checks what only the machine that is to go on can tell.
    func check(_ memory: GuestMemory) throws(MachineError) {
        func isIn(_ place: UInt64, _ size: UInt64) -> Bool {
            place & 7 == 0 && memory.contains(GuestAddress(place), length: size)
        }
        guard isIn(informationPlace, EventChannels.processorInformationSize),
            timePlace.map({ isIn($0, GuestClock.timeInformationSize) }) ?? true
        else { throw .snapshot("the machine's state names places outside of memory") }
    }
}

extension XenProcessorState {
    init(
        isInitialised: Bool, isUp: Bool, general: [UInt8], special: [UInt8], vectors: [UInt8], deadline: UInt64?,
        timePlace: UInt64?, informationPlace: UInt64, traps: [Int: TrapTable.Entry], eventEntry: UInt64
    ) {
        self.isInitialised = isInitialised
        self.isUp = isUp
        self.general = general
        self.special = special
        self.vectors = vectors
        self.deadline = deadline
        self.timePlace = timePlace
        self.informationPlace = informationPlace
        self.traps = traps
        self.eventEntry = eventEntry
    }
}
