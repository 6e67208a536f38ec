import CLinux
import Glibc
import LinuxSystem

/// A file of the host's in memory, with a second descriptor that the test looks at it through.
struct HostFile: ~Copyable {
    let view: OwnedDescriptor
    let size: Int

    init(_ bytes: [UInt8]) throws {
        view = OwnedDescriptor(owning: linux_memfd_create("disk", 0))
        size = bytes.count
        guard pwrite(view.number, bytes, bytes.count, 0) == bytes.count else {
            throw SystemError.last("pwrite", "disk")
        }
    }

    /// A descriptor for the device.
    func open() throws -> OwnedDescriptor { try view.duplicate() }

    func bytes(at offset: Int, count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = pread(view.number, &bytes, count, off_t(offset))
        return Array(bytes.prefix(max(got, 0)))
    }

    /// Blocks of the host that the file takes, in units of 512 bytes.
    var blocks: Int {
        var status = stat()
        fstat(view.number, &status)
        return Int(status.st_blocks)
    }
}

/// Reads what is there, up to a limit.
func readAvailable(_ descriptor: CInt, limit: Int = 1 << 20) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: limit)
    let count = recv(descriptor, &bytes, limit, CInt(MSG_DONTWAIT))
    return Array(bytes.prefix(max(count, 0)))
}

/// Writes bytes to a socket, all or as many as go.
@discardableResult
func writeAvailable(_ descriptor: CInt, _ bytes: [UInt8]) -> Int {
    send(descriptor, bytes, bytes.count, CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL))
}
