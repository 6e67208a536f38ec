import Glibc
import GuestMemory
import LinuxSystem

// Packets to the guest.

extension VsockDevice {
    /// Fills the guest's buffers for as long as there is something for it; one packet a connection and turn.
    func fill() throws(VirtioError) {
        try sendEvent()
        guard let queue = context?.queues[Self.receiveQueue] else { return }
        while !resets.isEmpty || !queued.isEmpty {
            guard try queue.next() else { return }
            guard queue.chain.writableLength > VsockHeader.size else {
                throw .request("socket buffer of \(queue.chain.writableLength) bytes")
            }
            if let reset = resets.first {
                resets.removeFirst()
                try reset.write(to: queue.chain)
                try queue.complete(written: VsockHeader.size)
                if transmitWaits { try transmit() }
                continue
            }
            let number = queued.removeFirst()
            guard let connection = connection(number) else {
                queue.putBack()
                continue
            }
            connection.isQueued = false
            if let written = try send(connection, queue) {
                try queue.complete(written: written)
            } else {
                queue.putBack()
            }
            try settle(connection)
        }
    }

    /// Writes one packet of a connection into the queue's chain.
    ///
    /// - Returns: how many bytes; nil where there was nothing to write after all.
    private func send(_ connection: VsockConnection, _ queue: VirtQueue) throws(VirtioError) -> UInt64? {
        func bare(_ operation: VsockOperation, flags: UInt32 = 0) throws(VirtioError) -> UInt64 {
            var header = connection.header(operation, guestCID: guestCID)
            header.flags = flags
            try header.write(to: queue.chain)
            return VsockHeader.size
        }
        if connection.pending.contains(.reset) {
            remove(connection)
            return try bare(.reset)
        }
        if connection.pending.contains(.request) {
            connection.pending.remove(.request)
            return try bare(.request)
        }
        if connection.pending.contains(.response) {
            connection.pending.remove(.response)
            return try bare(.response)
        }
        if connection.canReceive, connection.mayHaveData {
            if connection.credit > 0 {
                if let written = try sendData(connection, queue) { return written }
            } else if !connection.hasAskedForCredit {
                connection.hasAskedForCredit = true
                return try bare(.creditRequest)
            }
        }
        if let shutdown = connection.shutdownToSend {
            connection.didSend(shutdown)
            return try bare(.shutdown, flags: shutdown.rawValue)
        }
        if connection.pending.contains(.creditUpdate) { return try bare(.creditUpdate) }
        return nil
    }

    /// Reads from the socket into the guest's buffer, behind the header.
    private func sendData(_ connection: VsockConnection, _ queue: VirtQueue) throws(VirtioError) -> UInt64? {
        let room = min(
            UInt64(connection.credit), UInt64(VsockLayout.dataLimit), queue.chain.writableLength - VsockHeader.size)
        queue.vectors.removeAll()
        try queue.chain.appendWritable(at: VsockHeader.size, count: room, to: &queue.vectors)
        let count: Int
        do throws(SystemError) {
            count = try queue.vectors.read(from: connection.socket.number, "vsock")
        } catch {
            connection.mayHaveData = false
            // The socket has failed: nothing comes and nothing goes any more.
            if error.number != EAGAIN { connection.pending.insert(.reset) }
            return nil
        }
        guard count > 0 else {
            connection.mayHaveData = false
            connection.endedByHost.insert(.send)
            return nil
        }
        // The loop tells of what comes after all was read.
        if count < Int(room) { connection.mayHaveData = false }
        connection.countSent(UInt32(count))
        var header = connection.header(.data, guestCID: guestCID)
        header.length = UInt32(count)
        try header.write(to: queue.chain)
        return VsockHeader.size + UInt64(count)
    }

    /// Tells the guest of connections that are gone.
    private func sendEvent() throws(VirtioError) {
        guard hasLostConnections, let queue = context?.queues[Self.eventQueue], try queue.next() else { return }
        guard queue.chain.writableLength >= 4 else {
            throw .request("socket event buffer of \(queue.chain.writableLength) bytes")
        }
        try queue.chain.write(VsockLayout.transportReset, at: 0)
        try queue.complete(written: 4)
        hasLostConnections = false
    }
}
