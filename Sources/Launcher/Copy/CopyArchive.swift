import Glibc
import LinuxSystem

extension ImageProgram {
    /// Writes a file or directory as a tar archive to standard output, under its own name.
    ///
    /// - Parameter followsLink: whether a symbolic link that was named is followed.
    public func archive(_ source: CopyPlace, followsLink: Bool) throws {
        guard isatty(STDOUT_FILENO) != 1 else {
            throw CopyError("standard output is a terminal: redirect the archive into a file or a pipe")
        }
        let path = source.trimmed
        let entry: OwnedDescriptor
        do throws(SystemError) {
            entry = try source.open(path, O_PATH | (followsLink || source.saysDirectory ? 0 : O_NOFOLLOW))
        } catch {
            if error.number == ENOENT || error.number == ENOTDIR {
                throw CopyError("\(source.path): no such file or directory")
            }
            throw error
        }
        if source.saysDirectory, try FileStatus.of(entry.number, path).st_mode & S_IFMT != S_IFDIR {
            throw CopyError("\(source.path): not a directory")
        }
        // The contents of a directory stand below `.`, as with Docker.
        try archive(entry.number, as: source.meansContents ? "." : source.split.name)
    }

    /// Unpacks a tar archive from standard input into a directory, which must be there.
    public func extract(into target: CopyPlace) throws {
        guard try target.kind(target.trimmed) == S_IFDIR else {
            throw CopyError("\(target.path): no such directory: an archive is unpacked into one that is there")
        }
        let directory = try target.open(target.trimmed, O_RDONLY | O_DIRECTORY)
        try extract(into: directory.number)
    }
}
