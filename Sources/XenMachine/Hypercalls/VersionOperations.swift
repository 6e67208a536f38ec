import MachineMonitor

/// What the guest is told of the hypervisor (version.h, features.h).
enum VersionInformation {
    /// 4.17: the interface that this machine answers.
    static let number: UInt32 = 4 << 16 | 17
    /// XENFEAT_: writable page tables, mmu_update keeps accessed and dirty bits, grants with available bits, a clock that PV
    /// guests may read, and an initial domain.
    static let features: UInt32 = 1 << 0 | 1 << 5 | 1 << 7 | 1 << 9 | 1 << 11
    /// The start of what is the hypervisor's in the guest's address space.
    static let virtualStart: UInt64 = 0xffff_8000_0000_0000
}

extension XenProcessor {
    private enum VersionCommand: UInt64 {
        case version = 0
        case extraVersion = 1
        case compileInformation = 2
        case capabilities = 3
        case changeSet = 4
        case platformParameters = 5
        case features = 6
        case pageSize = 7
    }

    /// xen_version. Kernels also call it to be given events that wait.
    func versionOperation(_ arguments: HypercallArguments, _ kernel: KernelMemory) throws(HypercallError) -> Int64 {
        switch VersionCommand(rawValue: arguments.command) {
        case .version: return Int64(VersionInformation.number)
        case .extraVersion: try kernel.write(Self.text(".0-hull", size: 16), at: arguments.second)
        // Compiler, who, where, when: 64, 16, 32 and 32 bytes.
        case .compileInformation: try kernel.write(Self.text("", size: 144), at: arguments.second)
        case .capabilities: try kernel.write(Self.text("xen-3.0-x86_64", size: 1024), at: arguments.second)
        case .changeSet: try kernel.write(Self.text("hull", size: 64), at: arguments.second)
        case .platformParameters: try kernel.write(VersionInformation.virtualStart, at: arguments.second)
        case .features:
            // One word of features.
            let index = try kernel.read(UInt32.self, at: arguments.second)
            try kernel.write(index == 0 ? VersionInformation.features : 0, at: arguments.second &+ 4)
        case .pageSize: return 4096
        case nil: throw .unknown(command: arguments.command)
        }
        return 0
    }

    private static func text(_ text: String, size: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: size)
        bytes.put(text, at: 0)
        return bytes
    }
}
