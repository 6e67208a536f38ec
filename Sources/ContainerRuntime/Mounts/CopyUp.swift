import CLinux
import Glibc
import LinuxSystem

extension MountApplication {
    /// Fills a new tmpfs with what the image has in that place (`tmpcopyup`): directories, files and links.
    func copyUp(_ path: String) throws(SystemError) {
        let target = try root.find(path)
        // The image's own directory, below the new mount: a detached copy of the root without what is mounted in it.
        let image = try MountCall.clone("", at: root.root, recursive: false)
        let source = try MountDestination(root: image.number).find(path)
        try Self.copyDirectory(
            from: try OwnedDescriptor.open(".", O_RDONLY | O_DIRECTORY, at: source.number),
            to: try OwnedDescriptor.open(".", O_RDONLY | O_DIRECTORY, at: target.number), depth: 0)
    }

    private static func copyDirectory(
        from source: borrowing OwnedDescriptor, to target: borrowing OwnedDescriptor, depth: Int
    ) throws(SystemError) {
        guard depth < 64 else { throw SystemError("mkdir", "tmpcopyup", number: ELOOP) }
        for name in try WholeFile.names(of: source.number) {
            var status = stat()
            try systemCall("fstatat", name) {
                unsafe fstatat(source.number, name, &status, AT_SYMLINK_NOFOLLOW)
            }
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                try systemCall("mkdir", name) { unsafe mkdirat(target.number, name, 0o700) }
                let inner = try OwnedDescriptor.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: target.number)
                try copyDirectory(
                    from: try OwnedDescriptor.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: source.number),
                    to: inner, depth: depth + 1)
                try setOwnerAndMode(inner.number, status, name)
            case S_IFREG:
                let input = try OwnedDescriptor.open(name, O_RDONLY | O_NOFOLLOW, at: source.number)
                let output = try OwnedDescriptor.open(
                    name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600, at: target.number)
                while try systemCall("sendfile", name, { sendfile(output.number, input.number, nil, 1 << 20) }) > 0 {}
                try setOwnerAndMode(output.number, status, name)
            case S_IFLNK:
                var buffer = [UInt8](repeating: 0, count: 4097)
                try systemCall("readlink", name) {
                    unsafe buffer.withUnsafeMutableBytes { room -> Int in
                        // Not empty, and one byte is left as the end of the string.
                        guard let start = room.baseAddress else { return 0 }
                        return unsafe readlinkat(
                            source.number, name, start.assumingMemoryBound(to: CChar.self), room.count - 1)
                    }
                }
                try systemCall("symlink", name) {
                    unsafe buffer.withUnsafeBytes { room -> CInt in
                        guard let start = room.baseAddress else { return -1 }
                        return unsafe symlinkat(start.assumingMemoryBound(to: CChar.self), target.number, name)
                    }
                }
            default: break
            }
        }
    }

    private static func setOwnerAndMode(_ file: CInt, _ status: stat, _ name: String) throws(SystemError) {
        try systemCall("fchown", name) { fchown(file, status.st_uid, status.st_gid) }
        try systemCall("fchmod", name) { fchmod(file, status.st_mode & 0o7777) }
    }
}
