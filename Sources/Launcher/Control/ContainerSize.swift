import Glibc
import LinuxSystem

extension ContainerStore {
    /// The bytes of a container's own files: what lies on its writable side, or what the disk for a micro-VM's changes takes.
    public func size(_ record: ContainerRecord) throws -> Int64 {
        if record.machine?.storageSize != nil {
            let path = scratchDisk(record.id)
            var status = stat()
            try systemCall("stat", path) { unsafe stat(path, &status) }
            // In units of 512 bytes, whatever the file system's are (stat(3type)).
            return Int64(status.st_blocks) * 512
        }
        let path = directory(record.id) + "/upper"
        guard let top = try OwnedDescriptor.openPresent(path, O_RDONLY | O_DIRECTORY) else { return 0 }
        return try Self.size(of: top.number, depth: 0)
    }

    private static func size(of directory: CInt, depth: Int) throws(SystemError) -> Int64 {
        // As deep as descriptors last; what lies deeper is not counted.
        if depth > 256 { return 0 }
        var size: Int64 = 0
        for name in try WholeFile.names(of: directory) {
            // The workload may remove it meanwhile.
            guard let status = NodeStatus(name, in: directory) else { continue }
            if status.isDirectory {
                if let inner = try OwnedDescriptor.openPresent(
                    name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: directory)
                {
                    size += try self.size(of: inner.number, depth: depth + 1)
                }
            } else {
                size += Int64(status.size)
            }
        }
        return size
    }
}
