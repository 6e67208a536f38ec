import CLinux
import Glibc

/// The size of a terminal in characters.
public struct WindowSize: Equatable, Sendable {
    /// Rows.
    public var rows: UInt16
    /// Columns.
    public var columns: UInt16

    /// Makes a size.
    public init(rows: UInt16, columns: UInt16) {
        self.rows = rows
        self.columns = columns
    }

    /// The size of a terminal; nil where the descriptor is none.
    public init?(of descriptor: CInt) {
        var (rows, columns): (UInt16, UInt16) = (0, 0)
        if unsafe linux_window_size_get(descriptor, &rows, &columns) != 0 { return nil }
        self.init(rows: rows, columns: columns)
    }

    /// Tells a terminal its size; its foreground processes get SIGWINCH.
    public func apply(to descriptor: CInt) {
        // A terminal that is gone needs no size.
        _ = linux_window_size_set(descriptor, rows, columns)
    }
}

/// A terminal in raw mode: every key is passed on as it is. The former mode is back when this value goes.
public struct RawTerminal: ~Copyable {
    private let descriptor: CInt
    private let before: termios

    /// Switches a terminal to raw mode.
    public init(_ descriptor: CInt) throws(SystemError) {
        var mode = termios()
        try systemCall("tcgetattr", "the terminal") { unsafe tcgetattr(descriptor, &mode) }
        var raw = mode
        unsafe cfmakeraw(&raw)
        try systemCall("tcsetattr", "the terminal") { unsafe tcsetattr(descriptor, TCSANOW, &raw) }
        self.descriptor = descriptor
        before = mode
    }

    deinit {
        var mode = before
        _ = unsafe tcsetattr(descriptor, TCSANOW, &mode)
    }
}
