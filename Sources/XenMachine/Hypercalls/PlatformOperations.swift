import MachineMonitor

extension XenProcessor {
    /// XENPF_get_cpuinfo.
    private static let processorInformation: UInt32 = 55

    /// platform_op (platform.h): how an initial domain asks for what the machine has. Only the numbers of the processors' local
    /// APICs are told.
    func platformOperation(_ place: UInt64, _ kernel: KernelMemory) throws(HypercallError) -> Int64 {
        guard try kernel.read(UInt32.self, at: place) == Self.processorInformation else { throw .notImplemented }
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
