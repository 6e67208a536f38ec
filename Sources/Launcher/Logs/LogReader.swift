import CLinux
import Glibc
import LinuxSystem

/// Reads the log of a container as it grows, over the turn to a new file.
public final class LogReader {
    private let path: String
    private var file: CInt = -1
    private var partial: [UInt8] = []
    private var older: [String]

    /// A reader from the oldest file that is kept.
    public init(directory: String) throws(SystemError) {
        path = directory + "/log.json"
        let path = path
        let numbers = try WholeFile.names(in: directory).compactMap {
            $0.hasPrefix("log.json.") ? Int($0.dropFirst("log.json.".count)) : nil
        }
        older = numbers.sorted(by: >).map { "\(path).\($0)" }
    }

    deinit {
        if file >= 0 { close(file) }
    }

    /// The lines that were added since the last call.
    ///
    /// - Parameter most: about how many bytes are read at once; an empty answer means that nothing is left for now.
    public func next(most: Int = 1 << 20) throws(SystemError) -> [LogLine] {
        var lines: [LogLine] = []
        var buffer = [UInt8](repeating: 0, count: most)
        while lines.isEmpty {
            if file < 0, try !openNext() { return [] }
            let count = try systemCall("read", path) { unsafe read(file, &buffer, buffer.count) }
            if count == 0 {
                if try !isReplaced() { return [] }
                close(file)
                file = -1
                continue
            }
            partial += buffer[..<count]
            var start = 0
            while let end = partial[start...].firstIndex(of: 0x0A) {
                if let line = LogLine(partial[start..<end]) { lines.append(line) }
                start = end + 1
            }
            partial.removeFirst(start)
        }
        return lines
    }

    private func openNext() throws(SystemError) -> Bool {
        let next = older.isEmpty ? path : older.removeFirst()
        let number = unsafe open(next, O_RDONLY | O_CLOEXEC)
        if number < 0, errno == ENOENT { return older.isEmpty ? false : try openNext() }
        if number < 0 { throw SystemError.last("open", next) }
        file = number
        return true
    }

    /// Whether the file that is read is no longer the newest.
    private func isReplaced() throws(SystemError) -> Bool {
        if !older.isEmpty { return true }
        var (own, newest) = (stat(), stat())
        try systemCall("fstat", path) { unsafe fstat(file, &own) }
        if unsafe stat(path, &newest) != 0 { return false }
        return own.st_ino != newest.st_ino
    }
}
