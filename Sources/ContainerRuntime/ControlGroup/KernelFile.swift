import Glibc
import LinuxSystem

/// Reads and writes the small files of control groups and of /proc.
enum KernelFile {
    /// The whole text of a file of a control group.
    ///
    /// - Parameter limit: bytes; more is an error.
    static func read(_ path: String, limit: Int = 1 << 20) throws(ControlGroupError) -> String {
        do throws(SystemError) { return try text(path, limit: limit) } catch { throw .system(error) }
    }

    /// The whole text of a file.
    ///
    /// - Parameter limit: bytes; more is an error.
    static func text(_ path: String, limit: Int = 1 << 20) throws(SystemError) -> String {
        let file = try OwnedDescriptor.open(path, O_RDONLY)
        var bytes: [UInt8] = []
        var used = 0
        while true {
            if bytes.count - used < 4096 { bytes.append(contentsOf: repeatElement(0, count: 8192)) }
            let count = try systemCall("read", path) { () -> Int in
                // The buffer has the room that is named.
                unsafe bytes.withUnsafeMutableBytes {
                    unsafe Glibc.read(file.number, $0.baseAddress?.advanced(by: used), $0.count - used)
                }
            }
            if count == 0 { break }
            used += count
            if used > limit { throw SystemError("read", path, number: EFBIG) }
        }
        return String(decoding: bytes[..<used], as: UTF8.self)
    }

    /// Writes a value in one call, as control groups want it.
    static func write(_ path: String, _ value: String) throws(SystemError) {
        let file = try OwnedDescriptor.open(path, O_WRONLY)
        try write(file.number, value, path)
    }

    /// Writes a value to an open file in one call.
    static func write(_ file: CInt, _ value: String, _ path: @autoclosure () -> String) throws(SystemError) {
        var value = value
        try systemCall("write \(value) to", path()) {
            value.withUTF8 { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
        }
    }
}
