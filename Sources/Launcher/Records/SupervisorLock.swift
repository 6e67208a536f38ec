import CLinux
import Glibc
import LinuxSystem

/// `supervisor.lock`: held by who makes a container, then by its supervisor, and by who changes a container without one.
/// Free means that nobody looks after it. It belongs to the open file, so a forked supervisor inherits it.
struct SupervisorLock: ~Copyable {
    let descriptor: OwnedDescriptor

    /// Takes the lock.
    ///
    /// - Returns: nil where another process has it and `waits` is false, or where the container is gone.
    static func take(_ directory: String, waits: Bool) throws(SystemError) -> SupervisorLock? {
        let path = directory + "/supervisor.lock"
        guard let descriptor = try OwnedDescriptor.openPresent(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        else { return nil }
        do throws(SystemError) {
            try systemCall("flock", path) { linux_flock(descriptor.number, LOCK_EX | (waits ? 0 : LOCK_NB)) }
        } catch {
            if error.number == EWOULDBLOCK { return nil }
            throw error
        }
        // While we waited the container may have been removed: then this is the lock of nothing.
        if unsafe access(path, F_OK) != 0 { return nil }
        return SupervisorLock(descriptor: descriptor)
    }

    /// Notes the path of the container's control group in the file: all that is needed to find what is left of a container
    /// that has no record yet.
    func note(controlGroup path: String) throws(SystemError) {
        try WholeFile.write(Array(path.utf8), to: descriptor.number, "supervisor.lock")
    }

    /// The path that was noted.
    static func notedControlGroup(_ directory: String) throws(SystemError) -> String? {
        let bytes = try WholeFile.read(directory + "/supervisor.lock", limit: 4096) ?? []
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// Whether somebody has the lock.
    static func isHeld(_ directory: String) -> Bool {
        guard let file = try? OwnedDescriptor.open(directory + "/supervisor.lock", O_RDONLY) else { return false }
        return linux_flock(file.number, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }

    /// Waits until nobody has the lock.
    static func waitUntilFree(_ directory: String) throws(SystemError) {
        guard let file = try? OwnedDescriptor.open(directory + "/supervisor.lock", O_RDONLY) else { return }
        try systemCall("flock", directory) { linux_flock(file.number, LOCK_SH) }
    }
}
