import Glibc
import LinuxSystem
import Virtio

// A guest's driver against each device.

let blockDeviceTarget = FuzzTarget(name: "virtio-block") { bytes in
    runDevice {
        let file = try memoryFile(size: 0x8000)
        var script = DeviceScript(bytes)
        try script.run(
            on: BlockDevice(file, size: 0x8000, .init(isReadOnly: (bytes.first ?? 0) & 1 == 1, serial: "fuzz")))
    }
}

let randomDeviceTarget = FuzzTarget(name: "virtio-rng") { bytes in
    runDevice {
        var script = DeviceScript(bytes)
        try script.run(on: RandomDevice())
    }
}

let balloonDeviceTarget = FuzzTarget(name: "virtio-balloon") { bytes in
    runDevice {
        var script = DeviceScript(bytes)
        try script.run(on: BalloonDevice())
    }
}

let consoleDeviceTarget = FuzzTarget(name: "virtio-console") { bytes in
    runDevice {
        let input = try LocalSocket.Pair(.stream)
        let output = try LocalSocket.Pair(.stream)
        let world = input.second.number
        let taker = output.second.number
        var script = DeviceScript(bytes)
        let device = try ConsoleDevice(
            output: try ConsoleDescriptorOutput(output.first.duplicate()), input: try input.first.duplicate())
        try script.run(on: device) { exchange($0, world, taker) }
    }
}

let netDeviceTarget = FuzzTarget(name: "virtio-net") { bytes in
    runDevice {
        let pair = try LocalSocket.Pair()
        let world = pair.second.number
        var script = DeviceScript(bytes)
        let device = NetDevice(
            try PacketSocket(pair.first.duplicate()), address: [2, 0, 0, 0, 0, 1], mtu: 1500)
        try script.run(on: device) { exchange($0, world, world) }
    }
}

let vsockDeviceTarget = FuzzTarget(name: "virtio-vsock") { bytes in
    runDevice {
        let pair = try LocalSocket.Pair(.stream)
        let world = pair.second.number
        let host = VsockHandedHost()
        // Ports that a mutation hits often.
        for port in UInt32(0)..<4 { host.add(port: port, try pair.first.duplicate()) }
        var script = DeviceScript(bytes)
        let device = try VsockDevice(guestCID: 3, host: host, connectionLimit: 4)
        try script.run(on: device) { exchange($0, world, world) }
    }
}

/// Runs a script. What the host's side cannot give is no finding of a guest's.
private func runDevice(_ body: () throws -> Void) {
    do { try body() } catch { fatalError("\(error)") }
}

/// What the world does: sends bytes, and takes what came.
private func exchange(_ bytes: [UInt8], _ to: CInt, _ from: CInt) {
    _ = send(to, bytes, bytes.count, CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL))
    var taken = [UInt8](repeating: 0, count: 4096)
    _ = recv(from, &taken, taken.count, CInt(MSG_DONTWAIT))
    // Sometimes the world goes away.
    if bytes.count == 3, bytes[0] == 0xff { shutdown(to, CInt(bytes[1] % 3)) }
}

private func memoryFile(size: Int) throws -> OwnedDescriptor {
    var name = Array("/dev/shm/hull-fuzz-XXXXXX".utf8CString)
    let number = mkstemp(&name)
    guard number >= 0 else { throw SystemError.last("mkstemp", "") }
    unlink(name)
    guard ftruncate(number, off_t(size)) == 0 else { throw SystemError.last("ftruncate", "") }
    return OwnedDescriptor(owning: number)
}

/// A socket that keeps the bounds of packets, in the place of a TAP device.
final class PacketSocket: NetInterface {
    private let owned: OwnedDescriptor
    var descriptor: CInt { owned.number }

    init(_ owned: consuming OwnedDescriptor) {
        _ = fcntl(owned.number, F_SETFL, O_NONBLOCK)
        self.owned = owned
    }

    func setOffload(_ features: FeatureBits) {}
}
