import Wire

/// What the parent asks by the control socket: a packet each. docs/snapshot.md has the layout for whoever writes one.
struct ControlRequest: Equatable {
    enum Kind: UInt8 {
        /// All processors stand still.
        case pause = 1
        /// They go on.
        case resume = 2
        /// The machine is written to two descriptors that come with the packet: state, then memory. It stands still meanwhile.
        case snapshot = 3
    }

    /// nil: one that is not known.
    var kind: Kind?
    /// Chosen by the parent; comes back with the reply.
    var number: UInt32

    static let version: UInt8 = 1
    /// The most bytes of a packet.
    static let sizeLimit = 64
    /// The most descriptors of a packet.
    static let descriptorLimit = 2

    /// How many descriptors come with it.
    var descriptorCount: Int { kind == .snapshot ? 2 : 0 }

    init(_ bytes: [UInt8]) throws(WireError) {
        var wire = WireReader(bytes)
        guard try wire.integer(UInt8.self) == Self.version else { throw .invalid("version") }
        kind = Kind(rawValue: try wire.integer(UInt8.self))
        number = try wire.integer(UInt32.self)
        try wire.finish()
    }
}

/// The answer to a request: done, or why not.
struct ControlReply {
    var number: UInt32
    /// nil: it was done.
    var failure: String?

    private static let textLimit = 1024

    var encoded: [UInt8] {
        var wire = WireWriter(capacity: 64)
        wire.put(ControlRequest.version)
        wire.put(UInt8(failure == nil ? 0 : 1))
        wire.put(number)
        wire.put((failure ?? "").utf8.prefix(Self.textLimit))
        return wire.bytes
    }
}
