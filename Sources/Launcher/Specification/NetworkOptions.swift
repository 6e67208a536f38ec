import CommandLineOptions
import Glibc

/// The network and the files in /etc that belong to it.
public struct NetworkOptions: Sendable, Equatable {
    /// The network.
    public var mode: Mode = .none
    /// The host name; the start of the container's id without it.
    public var hostname: String?
    /// The NIS domain name.
    public var domainname: String?
    /// Lines for /etc/hosts.
    public var hosts: [Host] = []
    /// Name servers.
    public var servers: [String] = []
    /// Search domains; `.` alone for none.
    public var searches: [String] = []
    /// Options of resolv.conf(5).
    public var options: [String] = []

    /// Makes the defaults.
    public init() {}

    /// Networks.
    public enum Mode: String, Sendable {
        /// A network namespace with nothing but loopback.
        case none
        /// The host's network.
        case host
    }

    /// A line of /etc/hosts.
    public struct Host: Sendable, Equatable {
        /// The address.
        public var address: String
        /// The name.
        public var name: String
    }

    mutating func read(_ arguments: Arguments) throws {
        if let text = arguments.value("--network") { mode = try Self.mode(text) }
        hostname = try arguments.parsed("--hostname", Self.hostname)
        domainname = try arguments.parsed("--domainname", Self.hostname)
        hosts += try arguments.allParsed("--add-host", Self.host)
        let given = try arguments.allParsed("--dns", Self.address)
        if !given.isEmpty { servers = given }
        searches += try arguments.allParsed("--dns-search", Self.word)
        options += try arguments.allParsed("--dns-option", Self.word)
    }

    static func mode(_ text: String) throws -> Mode {
        if let mode = Mode(rawValue: text) { return mode }
        switch text {
        case "bridge", "default", "":
            throw UnusableOptions("bridge networking is not there yet: use --network=none or --network=host")
        case _ where text.hasPrefix("container:"):
            throw UnusableOptions("sharing another container's network is not there yet: use --network=none or host")
        default:
            throw InvalidOption(option: "--network", value: text, reason: "it should be none or host")
        }
    }

    /// A name that sethostname(2) takes and that is one word everywhere: up to 64 bytes.
    static func hostname(_ text: String) throws(Unacceptable) -> String {
        let labels = text.utf8.split(separator: 0x2E, omittingEmptySubsequences: false)
        let fine = labels.allSatisfy { label in
            !label.isEmpty && label.first != 0x2D && label.last != 0x2D
                && label.allSatisfy { byte in
                    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                        || byte == 0x2D || byte == 0x5F
                }
        }
        guard fine, text.utf8.count <= 64 else {
            throw "it should be up to 64 letters, digits and '-', with '.' between parts"
        }
        return text
    }

    /// `NAME:ADDRESS` or `NAME=ADDRESS`; an IPv6 address may stand in brackets.
    static func host(_ text: String) throws(Unacceptable) -> Host {
        guard let end = text.firstIndex(of: "=") ?? text.firstIndex(of: ":"), end != text.startIndex else {
            throw "it should be NAME:ADDRESS"
        }
        var address = String(text[text.index(after: end)...])
        if address.hasPrefix("["), address.hasSuffix("]") { address = String(address.dropFirst().dropLast()) }
        if address == "host-gateway" { throw "host-gateway needs bridge networking, which is not there yet" }
        return Host(address: try Self.address(address), name: try word(String(text[..<end])))
    }

    /// An IPv4 or IPv6 address.
    static func address(_ text: String) throws(Unacceptable) -> String {
        var storage = in6_addr()
        // The storage is as large as the larger of the two kinds of address.
        let valid = unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            unsafe inet_pton(AF_INET, text, bytes.baseAddress) == 1
                || inet_pton(AF_INET6, text, bytes.baseAddress) == 1
        }
        if !valid || text.utf8.contains(0) { throw "it should be an IP address" }
        return text
    }

    /// One word of a line of a file: nothing that begins another word, line or comment.
    static func word(_ text: String) throws(Unacceptable) -> String {
        guard !text.isEmpty, text.utf8.count <= 255,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") })
        else { throw "it should be one word" }
        return text
    }
}
