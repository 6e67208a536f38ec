import CLinux
import Glibc
import LinuxSystem
import MachineMonitor
import Synchronization
import Virtio
import Wire

/// The parent's socket by which it has the machine stand still or copied. It is served on the devices' thread, so while a
/// request is done no device works: with the processors at their gates nothing changes the guest's memory.
final class ControlSocket: LoopSource {
    private let socket: OwnedDescriptor
    private let stillness: any MachineStillness
    private let copy: SnapshotWriting
    private let isPaused = Mutex(false)

    /// Takes over a socket of packets (SOCK_SEQPACKET).
    init(
        _ socket: consuming OwnedDescriptor, _ stillness: any MachineStillness, _ copy: SnapshotWriting
    ) throws(SystemError) {
        try socket.setNonBlocking()
        self.socket = socket
        self.stillness = stillness
        self.copy = copy
    }

    func attach(_ watch: DescriptorWatch) throws(SystemError) {
        try watch.add(socket.number, [.readable, .edgeTriggered], token: 0)
    }

    func ready(_ token: UInt64, _ readiness: Readiness) {
        // Until there is none: the loop tells once. The parent waits for each reply, so there are few.
        while serveOne() {}
    }

    /// - Returns: whether there was a request.
    private func serveOne() -> Bool {
        var bytes = [UInt8](repeating: 0, count: ControlRequest.sizeLimit + 1)
        var numbers = [CInt](repeating: -1, count: ControlRequest.descriptorLimit)
        var count = CInt(numbers.count)
        let size = bytes.count
        // Both arrays are as long as is said. An end is as little of a request as nothing at all.
        let length = unsafe linux_receive_fds(socket.number, &bytes, size, &numbers, &count, 0)
        let descriptors = numbers.prefix(Int(max(count, 0))).map { DescriptorHolder(OwnedDescriptor(owning: $0)) }
        guard length > 0 else { return length < 0 && errno == EINTR }
        let packet = Array(bytes.prefix(length))
        var reply = ControlReply(number: 0)
        do {
            let request = try ControlRequest(packet)
            reply.number = request.number
            guard descriptors.count == request.descriptorCount else {
                throw WireError.invalid("number of descriptors")
            }
            // They are open for as long as their holders live.
            try withExtendedLifetime(descriptors) { () throws(MachineError) in
                try perform(request, descriptors.map(\.number))
            }
        } catch {
            reply.failure = "\(error)"
        }
        // A parent that is gone, or takes no replies, does without.
        _ = try? systemCall("send", "control socket") {
            let encoded = reply.encoded
            return unsafe send(socket.number, encoded, encoded.count, CInt(MSG_NOSIGNAL))
        }
        return true
    }

    private func perform(_ request: ControlRequest, _ files: [CInt]) throws(MachineError) {
        try isPaused.withLock { (isPaused) throws(MachineError) in
            switch request.kind {
            case .pause:
                if !isPaused { try stillness.pause() }
                isPaused = true
            case .resume:
                if isPaused { stillness.resume() }
                isPaused = false
            case nil: throw .configuration("a request of this kind is not known")
            case .snapshot:
                if !isPaused { try stillness.pause() }
                defer { if !isPaused { stillness.resume() } }
                try copy.write(machine: try stillness.save(), state: files[0], memory: files[1])
            }
        }
    }
}

/// A descriptor in an array.
private final class DescriptorHolder {
    private let descriptor: OwnedDescriptor
    init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }
    var number: CInt { descriptor.number }
}
