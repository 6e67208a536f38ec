import Glibc
import LinuxSystem

/// A workload's standard input: the writing end of a pipe, or a terminal's master side. What it does not take yet waits;
/// the client that sent it may send no more until then.
final class WorkloadInput {
    private var descriptor: OwnedDescriptor?
    private var queue: [(bytes: [UInt8], client: Client)] = []
    private var written = 0
    private var endsAfterQueue = false

    init(_ descriptor: consuming OwnedDescriptor) {
        self.descriptor = consume descriptor
    }

    /// To be polled for room; nil where nothing waits for it.
    var waiting: CInt? { queue.isEmpty ? nil : descriptor?.number }

    /// Lets a client send its first packets.
    func admit(_ client: Client) {
        if descriptor == nil { return }
        for _ in 0..<Client.inputPackets { client.grantInput() }
    }

    /// Passes bytes on.
    func append(_ bytes: [UInt8], from client: Client) {
        if descriptor == nil { return }
        queue.append((bytes, client))
        write()
    }

    /// Closes the input when all that waits is written.
    func end() {
        endsAfterQueue = true
        if queue.isEmpty { close() }
    }

    /// Writes what waits, as far as there is room.
    func write() {
        while let first = queue.first, let number = descriptor?.number {
            // From `written` on there are as many bytes as are named.
            let count = unsafe first.bytes.withUnsafeBytes {
                unsafe Glibc.write(number, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return }
            // The workload has closed its input: what else comes is nobody's.
            if count < 0 { return close() }
            written += count
            if written == first.bytes.count {
                queue.removeFirst()
                written = 0
                first.client.grantInput()
            }
        }
        if endsAfterQueue { close() }
    }

    private func close() {
        queue = []
        descriptor = nil
    }
}
