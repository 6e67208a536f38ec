import Glibc
import LinuxSystem

/// What a workload writes: the reading end of a pipe, or a terminal's master side.
final class WorkloadOutput {
    private let descriptor: OwnedDescriptor
    /// Which stream; what a terminal shows is standard output.
    let stream: LogWriter.Stream
    /// Whether more may come.
    private(set) var isOpen = true

    init(_ descriptor: consuming OwnedDescriptor, _ stream: LogWriter.Stream) {
        self.descriptor = descriptor
        self.stream = stream
    }

    /// To be polled.
    var number: CInt { descriptor.number }

    /// Reads a packet: its tag and what the workload wrote.
    ///
    /// - Returns: the packet's length; nil where nothing is there now.
    func read(_ buffer: inout [UInt8]) -> Int? {
        buffer[0] = stream == .stdout ? Frame.Tag.stdout.rawValue : Frame.Tag.stderr.rawValue
        // The buffer's first byte is the tag; the rest of it is room.
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            var count: Int
            repeat {
                count = unsafe Glibc.read(descriptor.number, bytes.baseAddress?.advanced(by: 1), bytes.count - 1)
            } while count < 0 && errno == EINTR
            return count
        }
        if count > 0 { return count + 1 }
        // A terminal without a process that has it open gives EIO.
        if count == 0 || errno != EAGAIN { isOpen = false }
        return nil
    }
}
