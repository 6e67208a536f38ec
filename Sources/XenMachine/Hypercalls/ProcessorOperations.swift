import CGuestMonitor
import GuestMemory
import MachineMonitor

extension XenProcessor {
    private enum ProcessorCommand: UInt64 {
        case isUp = 3
        case registerRunState = 5
        case stopPeriodicTimer = 7
        case setTimer = 8
        case stopTimer = 9
        case registerInformation = 10
        case registerTime = 13
    }

    /// vcpu_op (vcpu.h).
    func processorOperation(_ arguments: HypercallArguments, _ kernel: KernelMemory) throws(HypercallError) -> Int64 {
        let command = ProcessorCommand(rawValue: arguments.first & 0xffff_ffff)
        // There is one processor.
        if arguments.second & 0xffff_ffff != 0 { throw .noEntry }
        switch command {
        case .isUp: return 1
        case .registerRunState:
            // struct vcpu_runstate_info: running, for ever.
            let place = try kernel.read(UInt64.self, at: arguments.third)
            try kernel.write([UInt8](repeating: 0, count: 48), at: place)
            return 0
        case .stopPeriodicTimer: return 0
        case .setTimer: return setTimer(try kernel.read(UInt64.self, at: arguments.third))
        case .stopTimer: return setTimer(0)
        case .registerInformation: return try registerInformation(arguments.third, kernel)
        case .registerTime:
            let place = try kernel.read(UInt64.self, at: arguments.third)
            return try registerTime(place, kernel)
        case nil: throw .notImplemented
        }
    }

    /// Sets when the kernel's timer comes, in its own nanoseconds; zero: never.
    func setTimer(_ time: UInt64) -> Int64 {
        deadline = time == 0 ? nil : time
        armTimer()
        return 0
    }

    /// Tells time at a further place, which programs can read; zero: no longer. The structure must lie in one page: that
    /// page is where it is told also after a copy.
    private func registerTime(_ place: UInt64, _ kernel: KernelMemory) throws(HypercallError) -> Int64 {
        timePlace = nil
        if place == 0 { return 0 }
        let bytes = clock.timeInformation()
        guard place & 4095 <= 4096 - UInt64(bytes.count), place & 7 == 0 else { throw .invalid }
        let address = try kernel.translate(place)
        try Self.memory { () throws(GuestMemoryError) in try memory.write(bytes, at: GuestAddress(address)) }
        timePlace = address
        return 0
    }

    /// Moves the processor's own structure to a page of the guest's.
    private func registerInformation(_ place: UInt64, _ kernel: KernelMemory) throws(HypercallError) -> Int64 {
        let frame = try kernel.read(UInt64.self, at: place)
        let offset = UInt64(try kernel.read(UInt32.self, at: place &+ 8))
        guard frame < memorySize >> 12, offset <= 4096 - EventChannels.processorInformationSize, offset & 7 == 0
        else { throw .invalid }
        let address = frame << 12 + offset
        try Self.memory { () throws(GuestMemoryError) in
            let bytes = try memory.bytes(
                at: GuestAddress(channels.processorInformation), count: Int(EventChannels.processorInformationSize))
            try memory.write(bytes, at: GuestAddress(address))
            try area.setState(GM_VCPU_INFO, MonitorArea.virtual(memory: address))
        }
        channels.processorInformation = address
        return 0
    }
}
