import Glibc
import GuestMemory
import LinuxSystem
import MachineMonitor
import Virtio

/// Puts the devices that were asked for on a machine's board.
struct Devices {
    let options: Options
    let machine: any Machine

    func board() throws(MachineError) -> DeviceBoard {
        var board = DeviceBoard()
        for (index, disk) in options.disks.enumerated() {
            let shown = BlockDevice.Options(isReadOnly: disk.isReadOnly, serial: "hull-disk-\(index)")
            guard let file = disk.file else {
                try add(to: &board) { BlockDevice(nil, size: 0, shown) }
                continue
            }
            let size = try Self.size(of: file, "disk \(index)")
            try add(to: &board) { BlockDevice(OwnedDescriptor(owning: file), size: size, shown) }
        }
        try add(to: &board) { RandomDevice() }
        if let address = options.socketAddress {
            let ports = options.socketPorts
            let listener = options.socketListener
            try add(to: &board) { () throws(SystemError) in
                let host = VsockHandedHost()
                for (port, file) in ports { host.add(port: port, OwnedDescriptor(owning: file)) }
                if let listener {
                    return try VsockDevice(guestCID: address, host: host, listener: OwnedDescriptor(owning: listener))
                }
                return try VsockDevice(guestCID: address, host: host)
            }
        }
        if options.hasBalloon { try add(to: &board) { BalloonDevice() } }
        return board
    }

    private func add<Device: VirtioDevice>(
        to board: inout DeviceBoard, _ make: () throws(SystemError) -> sending Device
    ) throws(MachineError) {
        let machine = machine
        try board.add { (interrupt) throws(MachineError) in
            let line: any InterruptLine = try machine.interruptLine(interrupt)
            return try MachineError.system { () throws(SystemError) in
                try MMIOTransport(make(), memory: machine.memory, interrupt: line)
            }
        }
    }

    /// The bytes of a file or block device.
    static func size(of file: CInt, _ name: String) throws(MachineError) -> UInt64 {
        try MachineError.system { () throws(SystemError) in
            // The end's position is the size of both.
            let size = try systemCall("lseek", name) { lseek(file, 0, SEEK_END) }
            try systemCall("lseek", name) { lseek(file, 0, SEEK_SET) }
            return UInt64(size)
        }
    }
}
