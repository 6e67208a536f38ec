import GuestMemory
import HardwareMachine
import LinuxSystem
import MachineMonitor
import Virtio
import Wire
import XenMachine

/// A snapshot's state file with its length and checksum made right, so that what is behind them is reached; then the parts of
/// either kind of machine, and devices that are to go on from it.
let snapshotTarget = FuzzTarget(name: "snapshot") { bytes in
    var file = WireWriter()
    file.putRest("HULLSNAP".utf8)
    file.put(UInt32(1))
    file.put(UInt32(bytes.count))
    file.put(Checksum.of(bytes))
    file.putRest(bytes)
    guard let snapshot = try? MachineSnapshot(file.bytes) else {
        // Also alone, for inputs need not be whole.
        check(machine: bytes)
        return
    }
    precondition((try? MachineSnapshot(snapshot.encode())) == snapshot)
    check(machine: snapshot.machine)
    do {
        for state in snapshot.devices { try restore(state) }
    } catch {
        fatalError("\(error)")
    }
}

private func check(machine bytes: [UInt8]) {
    if let state = try? XenMachineState(bytes) { precondition((try? XenMachineState(state.encoded)) == state) }
    if let state = try? HardwareMachineState(bytes) {
        precondition((try? HardwareMachineState(state.encoded)) == state)
    }
}

/// A device of each kind takes the state over, or refuses it, and then has some turns.
private func restore(_ state: TransportState) throws {
    let memory = try GuestMemory([GuestRegion(.anonymous(size: 0x1_0000), at: GuestAddress(0))])
    var devices: [any MMIODevice] = []
    func add<Device: VirtioDevice>(_ make: () throws -> sending Device) throws {
        devices.append(try MMIOTransport(make(), memory: memory, interrupt: EventDescriptor()))
    }
    try add { BlockDevice(nil, size: 0, .init(isReadOnly: false, serial: "fuzz")) }
    try add { RandomDevice() }
    try add { BalloonDevice() }
    try add { try VsockDevice(guestCID: 3, host: VsockHandedHost()) }
    try add {
        let output = try LocalSocket.Pair(.stream)
        return try ConsoleDevice(output: ConsoleDescriptorOutput(output.first.duplicate()), input: nil)
    }
    try add {
        NetDevice(try PacketSocket(LocalSocket.Pair().first.duplicate()), address: [2, 0, 0, 0, 0, 1], mtu: 1500)
    }
    let loop = try DeviceLoop(devices)
    for device in devices where (try? device.restore(state)) != nil {
        for _ in 0..<4 { try loop.runOnce(timeout: 0) }
        _ = device.save()
    }
}
