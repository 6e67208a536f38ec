import CLinux
import Glibc
import LinuxSystem

/// Directories that are complete once they have their name: each is made beside and renamed, by one maker at a time, and
/// renamed before it is removed. So nobody ever takes a part for the whole, whoever is killed when.
struct FinishedDirectories {
    /// Where they are.
    let directory: String

    func path(_ name: String) -> String { directory + "/" + name }

    /// Makes one, and waits for who makes another.
    ///
    /// - Parameters:
    ///   - isThere: whether it is there when nobody else makes any; then nothing is done.
    ///   - fill: makes what is in the directory that it is given.
    func make(_ name: String, unless isThere: () throws -> Bool, _ fill: (String) throws -> Void) throws {
        try makeDirectory(directory, mode: 0o700)
        let lock = try OwnedDescriptor.open(path(".lock"), O_RDWR | O_CREAT, mode: 0o600)
        try systemCall("flock", path(".lock")) { linux_flock(lock.number, LOCK_EX) }
        if try isThere() { return }
        try removeUnfinished()
        let new = path(".new-\(name)")
        try makeDirectory(new, mode: 0o700)
        do {
            try fill(new)
            try systemCall("rename", new) { unsafe rename(new, path(name)) }
        } catch {
            // The first error counts; what is left is removed by the next maker.
            try? Self.removeTree(new)
            throw error
        }
        _ = consume lock
    }

    /// Removes one.
    func remove(_ name: String) throws(SystemError) {
        let gone = path(".gone-\(name)-\(getpid())")
        try systemCall("rename", path(name)) { unsafe rename(path(name), gone) }
        try Self.removeTree(gone)
    }

    /// The names of those that are whole, in order.
    var names: [String] {
        get throws(SystemError) { try WholeFile.names(in: directory).filter { !$0.hasPrefix(".") }.sorted() }
    }

    /// What makers left that were killed: nobody else has the lock.
    private func removeUnfinished() throws {
        for name in try WholeFile.names(in: directory) where name.hasPrefix(".new-") || name.hasPrefix(".gone-") {
            try Self.removeTree(path(name))
        }
    }

    private static func removeTree(_ path: String) throws(SystemError) {
        for name in try WholeFile.names(in: path) { _ = unsafe unlink(path + "/" + name) }
        try systemCall("rmdir", path) { unsafe rmdir(path) }
    }
}
