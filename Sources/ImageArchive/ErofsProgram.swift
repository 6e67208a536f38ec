import ImageStore
import LinuxSystem

/// mkfs.erofs(1), which makes a read-only file system of a directory in a file.
enum ErofsProgram {
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
        let output = try archiving { () throws(SystemError) in
            // The lock goes with it: where we are killed, nobody touches the file until it has ended, too.
            try ChildProgram.output(
                of: program, arguments, stream: 2, silent: true, descriptors: [(3, disk.descriptor)])
        }
        guard output.status == 0 else {
            let reason = output.lastLine.map { ": \($0)" } ?? ""
            throw .unsupported("mkfs.erofs could not make \(disk.path) (status \(output.status))\(reason)")
        }
    }
}
