import MachineMonitor

extension XenProcessor {
    private enum PlatformCommand: UInt32 {
        case setTime32 = 17
        case readMemoryType = 33
        case firmwareInformation = 50
        case enterSleep = 51
        case setProcessorPower = 54
        case processorInformation = 55
        case processorOnline = 56
        case processorOffline = 57
        case setTime64 = 62
    }

    /// platform_op (platform.h): how an initial domain asks for what the machine has. Only the numbers of the processors' local
    /// APICs are told.
    func platformOperation(_ place: UInt64, _ kernel: KernelMemory) throws(HypercallError) -> Int64 {
        let command = try kernel.read(UInt32.self, at: place)
        switch PlatformCommand(rawValue: command) {
        case .processorInformation: return try processorInformation(place, kernel)
        // The host's clock, memory types, firmware, power states and processors are not the guest's: Linux looks, or tells the
        // hypervisor of what it has done itself, and takes a refusal.
        case .setTime32, .setTime64, .readMemoryType, .firmwareInformation, .enterSleep, .setProcessorPower,
            .processorOnline, .processorOffline:
            throw .notImplemented
        case nil: throw .unknown(command: UInt64(command))
        }
    }

    private func processorInformation(_ place: UInt64, _ kernel: KernelMemory) throws(HypercallError) -> Int64 {
        // struct xenpf_pcpuinfo: which; then the highest number there is, flags, APIC's and ACPI's number.
        let number = try kernel.read(UInt32.self, at: place &+ 8)
        guard number < domain.processors.count else { throw .invalid }
        let online: UInt32 = 1
        var answer = [UInt8](repeating: 0, count: 16)
        answer.put(UInt32(domain.processors.count - 1), at: 0)
        answer.put(online, at: 4)
        answer.put(number, at: 8)
        answer.put(number, at: 12)
        try kernel.write(answer, at: place &+ 12)
        return 0
    }
}
