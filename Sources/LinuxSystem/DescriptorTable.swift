import CLinux
import Glibc

/// The descriptors of this process as a whole.
public enum DescriptorTable {
    /// Closes every descriptor from 3 on but those given: what our caller left open is no business of a process that
    /// outlives us.
    public static func closeAll(except kept: [CInt]) {
        var first: UInt32 = 3
        for descriptor in kept.sorted() where descriptor >= 3 {
            let number = UInt32(descriptor)
            if number > first { _ = linux_close_range(first, number - 1, 0) }
            first = number + 1
        }
        _ = linux_close_range(first, .max, 0)
    }

    /// Puts /dev/null in the place of the standard streams.
    public static func silenceStandardStreams() throws(SystemError) {
        let null = try OwnedDescriptor.open("/dev/null", O_RDWR)
        for stream in 0..<CInt(3) { try systemCall("dup2", "/dev/null") { dup2(null.number, stream) } }
    }
}
