import Glibc

extension ChildProgram {
    /// What a program wrote, and how it ended.
    public struct Output: Sendable {
        /// Its exit status, as `wait` has it.
        public let status: CInt
        /// The end of what it wrote.
        public let text: String

        /// The last line that is not empty.
        public var lastLine: Substring? { text.split(separator: "\n").last }
    }

    /// Runs a program to its end, without input, and reads one of its streams.
    ///
    /// - Parameters:
    ///   - stream: 1 or 2. What is written to the other one goes where ours does; with `silent` nowhere.
    ///   - descriptors: further ones, from 3 on, as for `spawn`.
    ///   - limit: the most bytes that are kept, of the end.
    public static func output(
        of path: String, _ arguments: [String], stream: CInt, silent: Bool = false,
        descriptors: [(child: CInt, ours: CInt)] = [], limit: Int = 1 << 16
    ) throws(SystemError) -> Output {
        let none = try OwnedDescriptor.open("/dev/null", O_RDWR)
        let pipe = try Pipe()
        let writing = pipe.write
        let other: [(child: CInt, ours: CInt)] = silent ? [(3 - stream, none.number)] : []
        let child = try spawn(
            path, arguments, descriptors: [(0, none.number), (stream, writing.number)] + other + descriptors)
        OwnedDescriptor.close(writing)
        let text: [UInt8]
        do throws(SystemError) {
            text = try tail(of: pipe.read, limit)
        } catch {
            _ = try child.wait()
            throw error
        }
        return Output(status: try child.wait(), text: String(decoding: text, as: UTF8.self))
    }

    private static func tail(of file: borrowing OwnedDescriptor, _ limit: Int) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        let number = file.number
        while true {
            // The buffer is as long as the count says.
            let count = try systemCall("read", "a program's output") { unsafe read(number, &buffer, buffer.count) }
            if count == 0 { return bytes }
            bytes.append(contentsOf: buffer[..<count])
            if bytes.count > limit { bytes.removeFirst(bytes.count - limit) }
        }
    }
}
