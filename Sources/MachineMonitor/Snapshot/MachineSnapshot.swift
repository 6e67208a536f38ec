import Glibc
import LinuxSystem
import Virtio
import Wire

/// The state of a whole machine but its memory, which is a file of its own (`MemoryImage`). On disk: eight bytes that name
/// the format, its version, the payload's length and checksum, and the payload by `Wire`.
public struct MachineSnapshot: Equatable, Sendable {
    /// The kind of machine that it is of.
    public var kind: KVMProbe.Kind
    /// The guest's memory in bytes, as the machine was asked for it.
    public var memorySize: UInt64
    /// How many processors it has.
    public var processors: Int
    /// Made at random for each snapshot, and also at the end of its memory file.
    public var identity: [UInt8]
    /// Bytes of the memory file before its end mark.
    public var imageSize: UInt64
    /// The devices in the board's order.
    public var devices: [TransportState]
    /// What the kind of machine itself adds.
    public var machine: [UInt8]
    /// The console's last bytes.
    public var console: [UInt8]

    /// Bytes of an identity.
    public static let identitySize = 16
    /// More than any state needs.
    public static let sizeLimit = 4 << 20

    private static let mark = Array("HULLSNAP".utf8)
    private static let version: UInt32 = 1
    private static let headerSize = 8 + 4 + 4 + 8
    private static let deviceLimit = 64

    /// Makes a snapshot of its parts.
    public init(
        kind: KVMProbe.Kind, memorySize: UInt64, processors: Int, identity: [UInt8], imageSize: UInt64,
        devices: [TransportState], machine: [UInt8], console: [UInt8]
    ) {
        self.kind = kind
        self.memorySize = memorySize
        self.processors = processors
        self.identity = identity
        self.imageSize = imageSize
        self.devices = devices
        self.machine = machine
        self.console = console
    }

    /// The file's bytes.
    public func encode() -> [UInt8] {
        var payload = WireWriter(capacity: 16 << 10)
        payload.put(UInt8(kind == .software ? 0 : 1))
        payload.put(memorySize)
        payload.put(UInt32(processors))
        payload.put(identity)
        payload.put(imageSize)
        payload.put(UInt32(devices.count))
        for device in devices { device.encode(to: &payload) }
        payload.put(machine)
        payload.put(console)
        var file = WireWriter(capacity: payload.bytes.count + Self.headerSize)
        file.putRest(Self.mark)
        file.put(Self.version)
        file.put(UInt32(payload.bytes.count))
        file.put(Checksum.of(payload.bytes))
        file.putRest(payload.bytes)
        return file.bytes
    }

    /// Reads a file's bytes, or says what is wrong with them.
    public init(_ bytes: [UInt8]) throws(MachineError) {
        guard bytes.count >= Self.headerSize, Array(bytes[..<8]) == Self.mark else {
            throw .snapshot("the state file is not one of a machine")
        }
        let version = bytes.get(UInt32.self, at: 8)
        guard version == Self.version else {
            throw .snapshot("the state file is of version \(version), not \(Self.version)")
        }
        let payload = bytes[Self.headerSize...]
        guard payload.count == Int(bytes.get(UInt32.self, at: 12)) else {
            throw .snapshot("the state file is cut off or too long")
        }
        guard Checksum.of(payload) == bytes.get(UInt64.self, at: 16) else {
            throw .snapshot("the state file is damaged: its checksum is wrong")
        }
        do throws(WireError) {
            var wire = WireReader(bytes, Self.headerSize..<bytes.count)
            self = try Self.read(&wire)
            try wire.finish()
        } catch {
            throw .snapshot("the state file: \(error)")
        }
    }

    private static func read(_ wire: inout WireReader) throws(WireError) -> MachineSnapshot {
        let kind: KVMProbe.Kind
        switch try wire.integer(UInt8.self) {
        case 0: kind = .software
        case 1: kind = .hardware
        default: throw .invalid("kind of machine")
        }
        let memorySize = try wire.integer(UInt64.self)
        let processors = Int(try wire.integer(UInt32.self))
        let identity = try wire.bytes(limit: identitySize)
        let imageSize = try wire.integer(UInt64.self)
        guard identity.count == identitySize, memorySize > 0, imageSize < 1 << 50 else { throw .invalid("size") }
        var devices: [TransportState] = []
        for _ in 0..<(try wire.count(limit: deviceLimit)) { devices.append(try TransportState(from: &wire)) }
        return MachineSnapshot(
            kind: kind, memorySize: memorySize, processors: processors, identity: identity, imageSize: imageSize,
            devices: devices, machine: try wire.bytes(limit: sizeLimit),
            console: try wire.bytes(limit: ConsoleLog.limit))
    }
}
