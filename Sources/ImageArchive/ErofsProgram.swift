import Glibc
import ImageStore
import LinuxSystem

/// mkfs.erofs(1), which makes a read-only file system of a directory in a file.
enum ErofsProgram {
    /// The most bytes of its messages that are read.
    private static let messageLimit = 1 << 16
    /// No disk needs an identity of its own.
    private static let nilIdentifier = "00000000-0000-0000-0000-000000000000"

    /// Fills a disk with what is in a directory. Nothing is compressed: the guest's kernel reads no compressed EROFS, and
    /// reading from the host's page cache is cheap.
    static func fill(_ disk: DiskWork, from directory: String, options: [String]) throws(ArchiveError) {
        guard let program = ChildProgram.find("mkfs.erofs", in: ["/usr/sbin", "/usr/bin", "/sbin"]) else {
            throw .unsupported(
                "mkfs.erofs, which makes the disks of micro-VMs, is missing: install the package erofs-utils")
        }
        let arguments = ["-d1", "-U", nilIdentifier] + options + [disk.path, directory]
        let (status, messages) = try archiving { () throws(SystemError) in
            let none = try OwnedDescriptor.open("/dev/null", O_RDWR)
            let pipe = try Pipe()
            let writing = pipe.write
            // The lock goes with it: where we are killed, nobody touches the file until it has ended, too.
            let child = try ChildProgram.spawn(
                program, arguments,
                descriptors: [(0, none.number), (1, none.number), (2, writing.number), (3, disk.descriptor)])
            OwnedDescriptor.close(writing)
            let messages = try read(pipe.read)
            return (try child.wait(), messages)
        }
        guard status == 0 else {
            let last = messages.split(separator: "\n").last.map { ": \($0)" } ?? ""
            throw .unsupported("mkfs.erofs could not make \(disk.path) (status \(status))\(last)")
        }
    }

    private static func read(_ file: borrowing OwnedDescriptor) throws(SystemError) -> String {
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        let number = file.number
        while true {
            // The buffer is as long as the count says.
            let count = try systemCall("read", "mkfs.erofs") { unsafe Glibc.read(number, &buffer, buffer.count) }
            if count == 0 { return String(decoding: text, as: UTF8.self) }
            text = Array((text + buffer[..<count]).suffix(messageLimit))
        }
    }
}
