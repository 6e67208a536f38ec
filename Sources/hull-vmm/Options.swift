/// What the parent asks of this process: all files are descriptors that it opened.
struct Options {
    var kernel: Int32 = -1
    var initialFileSystem: Int32?
    var console: Int32 = 2
    /// Bytes.
    var memory: UInt64 = 256 << 20
    var commandLine = ""
    /// Whether counters are printed at the end.
    var statistics = false

    /// Parses the command line, or says what is wrong with it.
    init(_ arguments: [String]) throws(OptionError) {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            if name == "--statistics" {
                statistics = true
                continue
            }
            guard let value = rest.popFirst() else { throw OptionError(text: "\(name) needs a value") }
            switch name {
            case "--kernel": kernel = try Self.descriptor(name, value)
            case "--initramfs": initialFileSystem = try Self.descriptor(name, value)
            case "--console": console = try Self.descriptor(name, value)
            case "--memory":
                guard let megabytes = UInt64(value), megabytes <= 1 << 20 else {
                    throw OptionError(text: "--memory \(value): not a number of megabytes")
                }
                memory = megabytes << 20
            case "--append": commandLine = value
            default: throw OptionError(text: "\(name): unknown option")
            }
        }
        if kernel < 0 { throw OptionError(text: "--kernel DESCRIPTOR is missing") }
    }

    private static func descriptor(_ name: String, _ value: String) throws(OptionError) -> Int32 {
        guard let number = Int32(value), number >= 0 else {
            throw OptionError(text: "\(name) \(value): not a descriptor's number")
        }
        return number
    }
}

/// What is wrong with the command line.
struct OptionError: Error, CustomStringConvertible {
    let text: String
    var description: String { text }
}
