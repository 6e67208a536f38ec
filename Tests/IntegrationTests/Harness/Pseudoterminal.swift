import CLinux
import Glibc
import LinuxSystem

/// A terminal of a test: what a user would have before him (pty(7)).
final class Pseudoterminal {
    let master: CInt
    let path: String

    init(rows: UInt16 = 24, columns: UInt16 = 80) throws {
        let master = try systemCall("open", "/dev/ptmx") { open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC) }
        try systemCall("ioctl", "TIOCSPTLCK") { linux_pty_unlock(master) }
        path = "/dev/pts/\(try systemCall("ioctl", "TIOCGPTN") { linux_pty_number(master) })"
        self.master = master
        resize(rows: rows, columns: columns)
    }

    deinit { close(master) }

    func resize(rows: UInt16, columns: UInt16) { _ = linux_window_size_set(master, rows, columns) }

    /// Whether keys reach programs one by one and unseen, as a raw terminal passes them.
    var isRaw: Bool {
        var settings = termios()
        tcgetattr(master, &settings)
        return settings.c_lflag & tcflag_t(ICANON | ECHO) == 0
    }
}
