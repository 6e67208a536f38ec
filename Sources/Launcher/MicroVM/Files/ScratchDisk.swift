import CLinux
import Glibc
import LinuxSystem

extension ContainerStore {
    /// The disk that takes the changes of a micro-VM's workload, where it has one.
    func scratchDisk(_ id: String) -> String { directory(id) + "/storage.ext4" }
}

/// A disk for the changes of a micro-VM's workload: an ext4 file system in a file that takes room as it is written.
enum ScratchDisk {
    /// The least that can be asked for, in bytes.
    static let minimumSize: Int64 = 64 << 20
    /// The most, in bytes: what ext4 in a file of ext4 can be.
    static let maximumSize: Int64 = 16 << 40

    /// Makes one.
    ///
    /// - Parameters:
    ///   - path: no file may be there.
    ///   - size: bytes.
    static func make(_ path: String, size: Int64) throws {
        guard let program = ChildProgram.find("mkfs.ext4", in: ["/usr/sbin", "/sbin"]) else {
            throw LaunchError("mkfs.ext4, which --storage-size needs, is missing: install the package e2fsprogs")
        }
        let file = try OwnedDescriptor.open(path, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        try systemCall("ftruncate", path) { ftruncate(file.number, off_t(size)) }
        // The file is zeros, so nothing has to be made so, now or by the guest. The journal is small, for it takes room in
        // the file as soon as it has been gone round once.
        let output = try ChildProgram.output(
            of: program,
            ["-q", "-F", "-m", "0", "-J", "size=8", "-E", "assume_storage_prezeroed=1,nodiscard", path],
            stream: 2, silent: true)
        if output.status != 0 {
            let reason = output.lastLine.map { ": \($0)" } ?? ""
            throw LaunchError("mkfs.ext4 could not make \(path) (status \(output.status))\(reason)")
        }
    }
}
