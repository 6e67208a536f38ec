import CGuestMonitor
import GuestMemory
import MachineMonitor

extension XenProcessor {
    private enum ProcessorCommand: UInt64 {
        case initialise = 0
        case up = 1
        case down = 2
        case isUp = 3
        case registerRunState = 5
        case stopPeriodicTimer = 7
        case setTimer = 8
        case stopTimer = 9
        case registerInformation = 10
        case sendNonMaskable = 11
        case registerTime = 13
    }

    /// vcpu_op (vcpu.h).
    func processorOperation(_ arguments: HypercallArguments, _ kernel: KernelMemory) throws(HypercallError) -> Int64 {
        let other = domain.processors[try processor(UInt32(truncatingIfNeeded: arguments.second))]
        switch ProcessorCommand(rawValue: arguments.command) {
        case .initialise: return try initialise(other, arguments.third, kernel)
        case .up: try other.start()
        case .down: domain.rest(other)
        case .isUp: return other.isUp ? 1 : 0
        case .registerRunState:
            // struct vcpu_runstate_info: running, for ever.
            let place = try kernel.read(UInt64.self, at: arguments.third)
            try kernel.write([UInt8](repeating: 0, count: 48), at: place)
        case .stopPeriodicTimer, .stopTimer, .setTimer:
            // A timer is its own processor's to set.
            guard other === handle else { throw .invalid }
            return try timerOperation(arguments, kernel)
        case .registerInformation: try registerInformation(other, arguments.third, kernel)
        case .registerTime: try registerTime(other, try kernel.read(UInt64.self, at: arguments.third), kernel)
        // Linux asks a processor that hangs for its stack by an NMI, and says that it could not.
        case .sendNonMaskable: throw .notImplemented
        case nil: throw .unknown(command: arguments.command)
        }
        return 0
    }

    private func timerOperation(_ arguments: HypercallArguments, _ kernel: KernelMemory) throws(HypercallError)
        -> Int64
    {
        switch ProcessorCommand(rawValue: arguments.command) {
        case .setTimer: setTimer(try kernel.read(UInt64.self, at: arguments.third))
        case .stopTimer: setTimer(0)
        default: 0
        }
    }

    /// Sets when the kernel's timer comes, in its own nanoseconds; zero: never.
    func setTimer(_ time: UInt64) -> Int64 {
        deadline = time == 0 ? nil : time
        armTimer()
        return 0
    }

    /// Tells with what a processor begins when it is started. It cannot be told twice.
    private func initialise(
        _ other: ProcessorHandle, _ place: UInt64, _ kernel: KernelMemory
    ) throws(HypercallError) -> Int64 {
        let context = try ProcessorContext(
            try kernel.read(place, count: ProcessorContext.size), memorySize: memorySize)
        try other.initialise(context)
        return 0
    }

    /// Tells time at a further place, which programs can read; zero: no longer. The structure must lie in one page: that
    /// page is where it is told also after a copy.
    private func registerTime(
        _ other: ProcessorHandle, _ place: UInt64, _ kernel: KernelMemory
    ) throws(HypercallError) {
        other.timePlace.withLock { $0 = nil }
        if place == 0 { return }
        let bytes = clock.timeInformation()
        guard place & 4095 <= 4096 - UInt64(bytes.count), place & 7 == 0 else { throw .invalid }
        let address = try kernel.translate(place)
        try Self.memory { () throws(GuestMemoryError) in try memory.write(bytes, at: GuestAddress(address)) }
        other.timePlace.withLock { $0 = address }
    }

    /// Moves a processor's own structure to a page of the guest's: that of the processor that asks, or of one that rests.
    private func registerInformation(
        _ other: ProcessorHandle, _ place: UInt64, _ kernel: KernelMemory
    ) throws(HypercallError) {
        let frame = try kernel.read(UInt64.self, at: place)
        let offset = UInt64(try kernel.read(UInt32.self, at: place &+ 8))
        guard frame < memorySize >> 12, offset <= 4096 - EventChannels.processorInformationSize, offset & 7 == 0,
            other === handle || !other.isUp
        else { throw .invalid }
        let address = frame << 12 + offset
        try Self.memory { () throws(GuestMemoryError) in
            try channels.moveInformation(of: other.index, to: address)
            try MonitorArea(memory: memory, processor: other.index).setState(
                GM_VCPU_INFO, MonitorArea.virtual(memory: address))
        }
    }
}
