import Glibc
import LinuxSystem

/// The reading end of a pipe that a side writes to, read as far as there is something.
struct PipeSource: ~Copyable {
    private let pipe: OwnedDescriptor
    private var isOpen = true

    init(_ pipe: consuming OwnedDescriptor) throws(SystemError) {
        try pipe.setNonBlocking()
        self.pipe = pipe
    }

    /// What to wait for; -1 when all has been read.
    var descriptor: CInt { isOpen ? pipe.number : -1 }

    /// Reads a piece into the buffer.
    ///
    /// - Returns: its length; nil where nothing is there now.
    mutating func next(_ buffer: inout [UInt8]) -> Int? {
        while isOpen {
            // The buffer is as long as the count says.
            let length = unsafe Glibc.read(pipe.number, &buffer, buffer.count)
            if length < 0, errno == EINTR { continue }
            if length < 0, errno == EAGAIN { return nil }
            if length > 0 { return length }
            isOpen = false
        }
        return nil
    }
}
