import CLinux
import JSON

/// How a program ended, and what it wrote.
struct Outcome: CustomStringConvertible {
    var command: String
    /// Its exit status, or 128 and the number of the signal that ended it, as shells count.
    var status: CInt
    var outputBytes: [UInt8]
    var errorBytes: [UInt8]

    /// Standard output as text, without its last newline.
    var output: String { Self.text(outputBytes) }
    /// Standard error as text, without its last newline.
    var errors: String { Self.text(errorBytes) }
    /// Lines of standard output.
    var lines: [String] { output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }

    /// Standard output as one JSON value.
    func json() throws -> JSONValue { try JSONParser.parse(outputBytes) }

    var description: String {
        "`\(command)` ended with \(status); output: \(output.suffix(2000).debugDescription); "
            + "errors: \(errors.suffix(2000).debugDescription)"
    }

    private static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.last == 0x0A ? bytes.dropLast() : bytes[...], as: UTF8.self)
    }

    /// The shell's number for what waitpid(2) gave.
    static func status(_ waited: CInt) -> CInt {
        linux_wait_exited(waited) != 0 ? linux_wait_exit_status(waited) : 128 + linux_wait_term_signal(waited)
    }
}
