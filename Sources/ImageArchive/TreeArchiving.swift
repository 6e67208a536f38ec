import CArchive
import CLinux
import Glibc
import LinuxSystem

/// Writes a file or a directory with all that is in it as a tar archive, by descriptors alone: what a workload does to its
/// names meanwhile leads nowhere else.
///
/// - Parameters:
///   - source: what is archived, opened with O_PATH.
///   - name: its name in the archive.
///   - file: where the archive goes.
public func archiveTree(
    _ source: borrowing OwnedDescriptor, as name: String, to file: CInt
) throws(ArchiveError) {
    var archiver = TreeArchiver(writer: try TarWriter(file))
    try archiver.add(source.number, name)
    try archiver.writer.finish()
}

private struct TreeArchiver {
    /// Directories within each other, at most: each holds a descriptor open.
    static let maximumDepth = 512

    private struct FileIdentity: Hashable {
        let device: dev_t
        let inode: ino_t
    }

    let writer: TarWriter
    /// The first names of files with several.
    private var links: [FileIdentity: String] = [:]
    private var depth = 0

    init(writer: TarWriter) { self.writer = writer }

    mutating func add(_ source: CInt, _ name: String) throws(ArchiveError) {
        var status = stat()
        try archiving { () throws(SystemError) in
            _ = try systemCall("fstat", name) { unsafe fstat(source, &status) }
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            try writer.add(name + "/", status)
            try addContents(of: source, name)
        case S_IFREG: try addFile(source, name, status)
        case S_IFLNK: try writer.add(name, status, symbolicLink: readLink(source, name))
        // Nothing could connect to a copy.
        case S_IFSOCK: break
        default: try writer.add(name, status)
        }
    }

    private mutating func addContents(of source: CInt, _ name: String) throws(ArchiveError) {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.maximumDepth { throw .limit("directories are nested deeper than \(Self.maximumDepth)") }
        let directory = try archiving { () throws(SystemError) in
            try OwnedDescriptor.open(".", O_RDONLY | O_DIRECTORY, at: source)
        }
        let names = try archiving { () throws(SystemError) in try WholeFile.names(of: directory.number) }
        for child in names {
            let entry = try archiving { () throws(SystemError) in
                try OwnedDescriptor.openPresent(child, O_PATH | O_NOFOLLOW, at: directory.number)
            }
            // The workload may have removed it meanwhile.
            if let entry { try add(entry.number, name + "/" + child) }
        }
    }

    private mutating func addFile(_ source: CInt, _ name: String, _ status: stat) throws(ArchiveError) {
        if status.st_nlink > 1 {
            let identity = FileIdentity(device: status.st_dev, inode: status.st_ino)
            if let earlier = links[identity] { return try writer.add(name, status, hardLink: earlier) }
            links[identity] = name
        }
        let file = try archiving { () throws(SystemError) in
            try OwnedDescriptor.open("/proc/self/fd/\(source)", O_RDONLY | O_NONBLOCK)
        }
        try writer.add(name, status, from: file)
    }

    private func readLink(_ source: CInt, _ name: String) throws(ArchiveError) -> String {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = try archiving { () throws(SystemError) in
            try systemCall("readlinkat", name) { unsafe readlinkat(source, "", &bytes, bytes.count) }
        }
        return String(decoding: bytes[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
