import MachineMonitor

extension XenProcessor {
    private enum PhysicalDeviceCommand: UInt64 {
        case interruptStatus = 5
        case setPrivilegeLevel = 6
        case setPortMap = 7
        case readController = 8
        case writeController = 9
        case allocateVector = 10
        case endOfInterrupt = 12
        case mapInterrupt = 13
        case setUpInterrupt = 21
        case sharePageOfEnds = 28
    }

    /// physdev_op (physdev.h): how an initial domain sets up interrupts. The controllers are only told of, in the tables.
    func physicalDeviceOperation(
        _ arguments: HypercallArguments, _ kernel: KernelMemory
    ) throws(HypercallError) -> Int64 {
        let place = arguments.second
        switch PhysicalDeviceCommand(rawValue: arguments.command) {
        // No interrupt needs to be told of its end.
        case .interruptStatus: try kernel.write(UInt32(0), at: place &+ 4)
        case .readController:
            let register = try kernel.read(UInt32.self, at: place &+ 8)
            try kernel.write(Self.controllerRegister(register), at: place &+ 12)
        case .allocateVector:
            let interrupt = try kernel.read(UInt32.self, at: place)
            try kernel.write(0x30 &+ interrupt & 0xff, at: place &+ 4)
        case .mapInterrupt:
            // struct physdev_map_pirq: domain, type, index, pirq. The number asked for, or the line's own.
            let line = try kernel.read(UInt32.self, at: place &+ 8)
            let wanted = try kernel.read(UInt32.self, at: place &+ 12)
            guard line < EventChannels.physicalInterruptCount else { throw .invalid }
            try kernel.write(Int32(bitPattern: wanted) < 0 ? line : wanted, at: place &+ 12)
        case .setPrivilegeLevel, .setPortMap, .writeController, .endOfInterrupt, .setUpInterrupt: break
        // A page that would tell which interrupts need to be told of their end: Linux then asks for each (interruptStatus).
        case .sharePageOfEnds: throw .notImplemented
        case nil: throw .unknown(command: arguments.command)
        }
        return 0
    }

    /// An I/O APIC of 24 lines, all masked (82093AA).
    private static func controllerRegister(_ register: UInt32) -> UInt32 {
        switch register {
        case 0, 2: 1 << 24
        case 1: 23 << 16 | 0x11
        case 0x10... where register & 1 == 0: 1 << 16
        default: 0
        }
    }
}
