import CLinux
import Glibc
import LinuxSystem
import OCISpec

/// A pseudo-terminal from the container's own devpts, in a process that is about to become a workload: that closes both
/// sides when it closes all files.
struct Console {
    let master: CInt
    let slave: CInt

    /// f_type of devpts (`linux/magic.h`).
    private static let devptsMagic: Int64 = 0x1cd1

    /// Opens a pair.
    ///
    /// - Parameters:
    ///   - root: the container's root.
    ///   - size: the terminal's; none is set without it.
    ///   - owner: the workload's user.
    init(root: MountDestination, size: Spec.ConsoleSize?, owner: uid_t) throws(SystemError) {
        let place = try root.find("/dev/pts/ptmx", links: false)
        // An image can have a device of this name: only the multiplexer of a real devpts will do.
        guard linux_file_system_type(place.number) == Self.devptsMagic else {
            throw SystemError("open", "/dev/pts/ptmx (no devpts is mounted on /dev/pts)", number: ENODEV)
        }
        let opened = try OwnedDescriptor.open(descriptorPath(place.number), O_RDWR | O_NOCTTY)
        try systemCall("ioctl", "TIOCSPTLCK") { linux_pty_unlock(opened.number) }
        let peer = OwnedDescriptor(
            owning: try systemCall("ioctl", "TIOCGPTPEER") {
                linux_pty_peer(opened.number, O_RDWR | O_NOCTTY | O_CLOEXEC)
            })
        if let size {
            try systemCall("ioctl", "TIOCSWINSZ") { linux_window_size_set(opened.number, size.height, size.width) }
        }
        if owner != 0 {
            try systemCall("fchown", "console") { fchown(peer.number, owner, gid_t.max) }
        }
        master = opened.release()
        slave = peer.release()
    }

    /// Shows the terminal as the container's /dev/console.
    func mountAsConsole(root: MountDestination) throws(SystemError) {
        let entry = try root.parent(of: "/dev/console")
        let made = unsafe openat(
            entry.directory.number, entry.name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0o600)
        if made >= 0 { close(made) }
        let place = try OwnedDescriptor.open(entry.name, O_PATH | O_NOFOLLOW, at: entry.directory.number)
        guard try fileStatus(place.number).st_mode & S_IFMT != S_IFLNK else {
            throw SystemError("open", "/dev/console", number: ELOOP)
        }
        let tree = try MountCall.clone("", at: slave, recursive: false)
        try MountCall.attach(tree.number, on: place.number, name: "/dev/console")
    }

    /// Makes it the calling process' controlling terminal and its first three descriptors.
    func adopt() throws(SystemError) {
        try systemCall("ioctl", "TIOCSCTTY") { linux_set_controlling_terminal(slave) }
        for number in CInt(0)...2 {
            try systemCall("dup2", "console") { dup2(slave, number) }
        }
    }
}

extension StandardStreams {
    /// Makes the streams the calling process' first three descriptors. Any of them may already be one of these.
    func adopt() throws(SystemError) {
        var sources = [stdin, stdout, stderr]
        // A source that an earlier dup2 would overwrite is moved out of the way first.
        for index in 0...2 where (0...2).contains(sources[index]) && sources[index] != CInt(index) {
            sources[index] = try systemCall("fcntl", "stream") { fcntl(sources[index], F_DUPFD_CLOEXEC, 3) }
        }
        for index in 0...2 {
            if sources[index] == CInt(index) {
                // Its close-on-exec mark, if any, must go.
                try systemCall("fcntl", "stream") { fcntl(CInt(index), F_SETFD, 0) }
            } else {
                try systemCall("dup2", "stream") { dup2(sources[index], CInt(index)) }
            }
        }
    }
}
