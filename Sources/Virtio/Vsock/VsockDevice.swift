import Glibc
import GuestMemory
import LinuxSystem
import Wire

/// The socket device (virtio 1.2, 5.10): streams between programs of the guest and sockets of the host.
///
/// The guest connects to ports of the host, which a `VsockHost` knows. The host connects to ports of the guest by
/// `connect`, or by a Unix socket at which programs say `CONNECT PORT\n` and are told `OK PORT\n`.
///
/// Every buffer is bounded: data that the host does not take fills a connection's buffer, of which the guest knows the
/// size; data that the guest does not take stays in the host's sockets.
public final class VsockDevice: VirtioDevice {
    /// Socket device.
    public static let kind = VsockLayout.kind
    /// Packets to the guest, packets from the guest, events.
    public let queueSizes: [UInt16] = [128, 128, 4]
    /// Streams are all there is.
    public let features: FeatureBits = []

    static let receiveQueue = 0
    static let transmitQueue = 1
    static let eventQueue = 2

    let guestCID: UInt32
    let host: any VsockHost
    private let listener: OwnedDescriptor?
    var context: DeviceContext?

    /// Connections by their ports, and by their tokens.
    var connections: [VsockPorts: VsockConnection] = [:]
    private var byNumber: [UInt64: VsockConnection] = [:]
    private var clients: [UInt64: VsockClient] = [:]
    /// Connections that have something for the guest, in the order of their turns.
    var queued: [UInt64] = []
    /// Resets for what is no connection.
    var resets: [VsockHeader] = []
    /// Whether the guest is to be told that all its connections are gone.
    var hasLostConnections = false
    /// Whether the guest's packets wait until there is room for the answers.
    var transmitWaits = false
    private var nextNumber: UInt64 = listenerToken + 1
    private var nextHostPort: UInt32 = firstHostPort

    private static let listenerToken: UInt64 = 0
    /// Where ports of the host's own connections begin, above those that programs listen at (as in Firecracker).
    private static let firstHostPort: UInt32 = 1 << 30
    /// The most connections.
    let connectionLimit: Int
    /// The most clients that have not said their line.
    private static let clientLimit = 64
    /// The most resets that wait for buffers of the guest.
    static let resetLimit = 64

    /// Makes a device.
    ///
    /// - Parameters:
    ///   - guestCID: the guest's address, from 3 on.
    ///   - listener: a Unix socket that listens, for programs of the host; becomes non-blocking.
    ///   - connectionLimit: the most connections at a time; each has a descriptor, and a buffer where the host is slow.
    public init(
        guestCID: UInt32, host: any VsockHost, listener: consuming OwnedDescriptor? = nil, connectionLimit: Int = 256
    ) throws(SystemError) {
        precondition(VsockLayout.guestCIDs.contains(guestCID))
        self.guestCID = guestCID
        self.connectionLimit = connectionLimit
        self.host = host
        self.listener = listener
        try self.listener?.setNonBlocking()
    }

    private var listenerNumber: CInt? {
        switch listener {
        case .some(let listener): listener.number
        case .none: nil
        }
    }

    /// As of `VirtioDevice`: struct virtio_vsock_config.
    public var configuration: [UInt8] {
        var wire = WireWriter(capacity: 8)
        wire.put(UInt64(guestCID))
        return wire.bytes
    }

    /// As of `VirtioDevice`.
    public func activate(_ context: DeviceContext) throws(VirtioError) {
        self.context = context
        if let number = listenerNumber {
            try watching { () throws(SystemError) in
                try context.watch.add(number, .readable, token: Self.listenerToken)
            }
        }
    }

    /// As of `VirtioDevice`.
    public func reset() {
        // What is watched and closed goes from the set by itself; the listener stays open.
        if let number = listenerNumber { try? context?.watch.remove(number) }
        connections = [:]
        byNumber = [:]
        clients = [:]
        queued = []
        resets = []
        hasLostConnections = false
        transmitWaits = false
        context = nil
    }

    /// As of `VirtioDevice`.
    public func handle(queue index: Int) throws(VirtioError) {
        if index == Self.transmitQueue { try transmit() }
        try fill()
    }

    /// As of `VirtioDevice`.
    public func handle(token: UInt64, _ readiness: Readiness) throws(VirtioError) {
        if token == Self.listenerToken {
            acceptClients()
        } else if let client = clients[token] {
            try advance(client)
        } else if let connection = byNumber[token] {
            if readiness.contains(.writable) { connection.flush() }
            // The program has gone before the guest answered.
            if !connection.isEstablished, readiness.contains(.hangup) { connection.pending = .reset }
            if !readiness.isDisjoint(with: [.readable, .hangup, .error, .peerClosed]) { connection.mayHaveData = true }
            try settle(connection)
        }
        try fill()
    }

    /// As of `VirtioDevice`. Connections end with their machine: a copy's guest is told so.
    public func restore(from state: inout WireReader) throws(WireError) { hasLostConnections = true }

    // MARK: - Connections

    /// Connects to a port of the guest. To be called by `MMIOTransport.withDevice`.
    ///
    /// - Parameter socket: a stream socket; closed when the guest refuses. Becomes non-blocking.
    public func connect(guestPort: UInt32, _ socket: consuming OwnedDescriptor) throws(VirtioError) {
        try open(guestPort: guestPort, socket, greets: false)
        try fill()
    }

    private func open(
        guestPort: UInt32, _ socket: consuming OwnedDescriptor, greets: Bool
    ) throws(VirtioError) {
        guard connections.count < connectionLimit, context != nil else { return }
        var ports = VsockPorts(guest: guestPort, host: nextHostPort)
        // There are far more ports than connections.
        while connections[ports] != nil {
            nextHostPort = nextHostPort == UInt32.max - 1 ? Self.firstHostPort : nextHostPort + 1
            ports.host = nextHostPort
        }
        nextHostPort = nextHostPort == UInt32.max - 1 ? Self.firstHostPort : nextHostPort + 1
        try add(
            VsockConnection(number: takeNumber(), ports, socket, .requested(greets: greets), .request))
    }

    /// A token that no descriptor had.
    func takeNumber() -> UInt64 {
        defer { nextNumber += 1 }
        return nextNumber
    }

    /// Enters a connection that has something for the guest.
    func add(_ connection: VsockConnection) throws(VirtioError) {
        try watching { () throws(SystemError) in try connection.socket.setNonBlocking() }
        connections[connection.ports] = connection
        byNumber[connection.number] = connection
        try settle(connection)
    }

    /// Ends a connection on this side.
    func remove(_ connection: VsockConnection) {
        connections[connection.ports] = nil
        byNumber[connection.number] = nil
        // The socket may live on as another descriptor of this process: take it from the set by name.
        if !connection.watched.isEmpty { try? context?.watch.remove(connection.socket.number) }
        connection.watched = []
    }

    /// After anything has happened to a connection: puts it among those that have something for the guest, and watches
    /// its socket for what can be used.
    func settle(_ connection: VsockConnection) throws(VirtioError) {
        guard let context, connections[connection.ports] === connection else { return }
        if connection.isFinishedByGuest { connection.pending = .reset }
        if !connection.isQueued, connection.hasSomethingToSend {
            connection.isQueued = true
            queued.append(connection.number)
        }
        let wanted = connection.wantedReadiness
        guard wanted != connection.watched else { return }
        let (descriptor, token, watched) = (connection.socket.number, connection.number, connection.watched)
        try watching { () throws(SystemError) in
            if wanted.isEmpty {
                try context.watch.remove(descriptor)
            } else if watched.isEmpty {
                try context.watch.add(descriptor, wanted, token: token)
            } else {
                try context.watch.modify(descriptor, wanted, token: token)
            }
        }
        connection.watched = wanted
    }

    /// The connection of a token.
    func connection(_ number: UInt64) -> VsockConnection? { byNumber[number] }

    // MARK: - Clients

    private func acceptClients() {
        guard let number = listenerNumber, let watch = context?.watch else { return }
        // A bounded number at a time; the loop comes back for more.
        for _ in 0..<16 {
            // Nobody waits (EAGAIN), or it went before we came: there is nothing to do.
            guard let socket = try? LocalSocket.accept(number) else { return }
            // One too many is turned away by closing.
            guard clients.count < Self.clientLimit else { continue }
            let (descriptor, token) = (socket.number, takeNumber())
            do throws(SystemError) {
                try socket.setNonBlocking()
                try watch.add(descriptor, .readable, token: token)
            } catch {
                continue
            }
            clients[token] = VsockClient(number: token, socket)
        }
    }

    private func advance(_ client: VsockClient) throws(VirtioError) {
        switch client.read() {
        case .waits: return
        case .gone: clients[client.number] = nil
        case .wants(let port):
            clients[client.number] = nil
            try watching { () throws(SystemError) in try context?.watch.remove(client.descriptor) }
            if let socket = client.takeSocket() { try open(guestPort: port, socket, greets: true) }
        }
    }
}

extension VsockConnection {
    /// Whether the guest is to get a packet of it.
    var hasSomethingToSend: Bool {
        if !pending.isEmpty || shutdownToSend != nil { return true }
        return canReceive && mayHaveData && (credit > 0 || !hasAskedForCredit)
    }

    /// Whether data of the host may go to the guest at all.
    var canReceive: Bool {
        isEstablished && !endedByHost.contains(.send) && !endedByGuest.contains(.receive)
    }

    /// What the socket is to be watched for: what could be used at once.
    var wantedReadiness: Readiness {
        var wanted: Readiness = []
        if canReceive, !mayHaveData { wanted.insert(.readable) }
        if outgoingCount > 0 { wanted.insert(.writable) }
        if !isEstablished, pending != .reset { wanted.insert(.hangup) }
        return wanted
    }
}
