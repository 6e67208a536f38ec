import Glibc
import GuestMemory
import LinuxSystem

// Packets of the guest.

extension VsockDevice {
    /// Takes the guest's packets, for as long as there is room for answers.
    func transmit() throws(VirtioError) {
        guard let queue = context?.queues[Self.transmitQueue] else { return }
        transmitWaits = false
        while try queue.next() {
            if resets.count >= Self.resetLimit {
                transmitWaits = true
                return queue.putBack()
            }
            try take(queue)
            try queue.complete(written: 0)
        }
    }

    private func take(_ queue: VirtQueue) throws(VirtioError) {
        let header = try VsockHeader(queue.chain)
        // A guest speaks for itself and to the host: what it says else has no receiver.
        guard header.sourceCID == UInt64(guestCID), header.destinationCID == VsockLayout.hostCID else { return }
        guard header.type == VsockLayout.stream, let operation = VsockOperation(rawValue: header.operation) else {
            return refuse(header)
        }
        let ports = VsockPorts(guest: header.sourcePort, host: header.destinationPort)
        guard let connection = connections[ports] else {
            switch operation {
            case .request: try accept(header, ports)
            case .reset: break
            default: refuse(header)
            }
            return
        }
        connection.update(peerBufferSize: header.bufferSize, peerForwarded: header.forwarded)
        switch operation {
        case .request: abort(connection)
        case .response: respond(connection)
        case .reset: remove(connection)
        case .shutdown:
            connection.endedByGuest.formUnion(VsockShutdown(rawValue: header.flags & 3))
            if connection.endedByGuest.contains(.receive) { shutdown(connection.socket.number, CInt(SHUT_RD)) }
            connection.flush()
        case .data: try takeData(queue, header, connection)
        case .creditUpdate: break
        case .creditRequest: connection.pending.insert(.creditUpdate)
        }
        try settle(connection)
    }

    /// The guest connects to the host.
    private func accept(_ header: VsockHeader, _ ports: VsockPorts) throws(VirtioError) {
        guard connections.count < connectionLimit, let socket = host.connect(port: ports.host) else {
            return refuse(header)
        }
        try add(
            VsockConnection(
                number: takeNumber(), ports, socket, .established, .response, peerBufferSize: header.bufferSize,
                peerForwarded: header.forwarded))
    }

    /// The guest agrees to a connection of the host's.
    private func respond(_ connection: VsockConnection) {
        guard case .requested(let greets) = connection.phase, !connection.pending.contains(.request) else {
            return abort(connection)
        }
        connection.phase = .established
        if greets { connection.greet("OK \(connection.ports.host)\n") }
    }

    private func takeData(
        _ queue: VirtQueue, _ header: VsockHeader, _ connection: VsockConnection
    ) throws(VirtioError) {
        guard UInt64(header.length) <= queue.chain.readableLength - VsockHeader.size else {
            throw .request("socket packet with \(header.length) bytes of data that are not there")
        }
        // A guest that sends before it is connected, after it said that it would not, or more than there is room for.
        guard connection.isEstablished, !connection.endedByGuest.contains(.send),
            Int(header.length) <= connection.room
        else { return abort(connection) }
        if header.length > 0 { try connection.take(queue, at: VsockHeader.size, count: UInt64(header.length)) }
    }

    /// Ends a connection because the guest broke the rules.
    private func abort(_ connection: VsockConnection) { connection.pending = .reset }

    /// Answers what belongs to no connection.
    private func refuse(_ header: VsockHeader) {
        if header.operation == VsockOperation.reset.rawValue { return }
        resets.append(
            VsockHeader(
                toGuest: guestCID, from: header.destinationPort, to: header.sourcePort, .reset, type: header.type))
    }
}
