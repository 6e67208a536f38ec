import CLinux
import Glibc
import LinuxSystem
import Testing

/// An initramfs with a static BusyBox and an `/init` of the test's: cpio's "newc" format, in a file in memory.
final class InitialRoot {
    private let descriptor: OwnedDescriptor
    /// Bytes.
    private(set) var size: UInt64 = 0

    /// - Parameter script: what the guest's first process does, in BusyBox's shell.
    init(script: String) throws {
        descriptor = OwnedDescriptor(owning: linux_memfd_create("initramfs", 0))
        let commands = "#!/bin/busybox sh\n/bin/busybox --install -s /bin\nmount -t proc proc /proc\n" + script + "\n"
        for directory in ["bin", "dev", "proc", "sys"] { try add(directory, mode: 0o040755, size: 0) }
        try add("dev/console", mode: 0o020600, device: (5, 1), size: 0)
        try add("init", mode: 0o100755, size: commands.utf8.count)
        try append(Array(commands.utf8))
        // By the kernel: two million bytes are a matter of seconds for a debug build on an emulated host.
        let busybox = try OwnedDescriptor.open("/bin/busybox", O_RDONLY)
        let length = Int(lseek(busybox.number, 0, SEEK_END))
        try #require(lseek(busybox.number, 0, SEEK_SET) == 0)
        try add("bin/busybox", mode: 0o100755, size: length)
        let copied = sendfile(descriptor.number, busybox.number, nil, length)
        try #require(copied == length)
        size += UInt64(length)
        try add("TRAILER!!!", mode: 0, size: 0)
    }

    /// Its descriptor's number, valid while this object lives.
    var number: CInt { descriptor.number }

    /// Adds an entry's head; its content follows.
    private func add(
        _ name: String, mode: Int, device: (major: Int, minor: Int) = (0, 0), size content: Int
    ) throws {
        // Every entry begins at a multiple of four.
        try pad()
        // Inode, mode, user, group, links, time, size, device of the file, device it is, length of the name, checksum.
        let fields = [
            Int(size), mode, 0, 0, 1, 0, content, 0, 0, device.major, device.minor, name.utf8.count + 1, 0,
        ]
        var head = "070701"
        for field in fields {
            let digits = String(field, radix: 16)
            head += String(repeating: "0", count: 8 - digits.count) + digits
        }
        try append(Array(head.utf8) + Array(name.utf8) + [0])
        try pad()
    }

    private func pad() throws { try append([UInt8](repeating: 0, count: Int((4 - size % 4) % 4))) }

    private func append(_ bytes: [UInt8]) throws {
        try WholeFile.write(bytes, to: descriptor.number, "initramfs")
        size += UInt64(bytes.count)
    }
}
