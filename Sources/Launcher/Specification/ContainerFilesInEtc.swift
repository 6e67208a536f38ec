import Glibc
import LinuxSystem

/// The files that a container sees as /etc/hostname, /etc/hosts and /etc/resolv.conf. They are made by the launcher in
/// the container's directory and bound into the container, so that no image can say where names lead.
struct ContainerFilesInEtc {
    private let network: NetworkOptions
    private let hostname: String

    /// Largest file of the host that is taken over, in bytes.
    static let maximumSize = 1 << 20

    init(_ network: NetworkOptions, hostname: String, id: String) {
        self.network = network
        self.hostname = hostname
    }

    let names = ["resolv.conf", "hostname", "hosts"]

    func contents() throws -> [(name: String, content: String)] {
        [
            ("resolv.conf", resolver(host: Self.hostFile("/etc/resolv.conf"))), ("hostname", hostname + "\n"),
            ("hosts", hosts(host: network.mode == .host ? Self.hostFile("/etc/hosts") : nil)),
        ]
    }

    private static func hostFile(_ path: String) -> String? {
        // A host without the file is an ordinary thing; the container then gets one of ours.
        guard let file = try? OwnedDescriptor.open(path, O_RDONLY),
            let bytes = try? BoundedFile.read(file, path, limit: maximumSize)
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    func hosts(host: String?) -> String {
        var text =
            host
                ?? """
                127.0.0.1\tlocalhost
                ::1\tlocalhost ip6-localhost ip6-loopback
                fe00::\tip6-localnet
                ff00::\tip6-mcastprefix
                ff02::1\tip6-allnodes
                ff02::2\tip6-allrouters
                127.0.0.1\t\(hostname)

                """
        if !text.hasSuffix("\n"), !text.isEmpty { text += "\n" }
        for entry in network.hosts { text += "\(entry.address)\t\(entry.name)\n" }
        return text
    }

    /// The host's file, with each kind of line replaced that an option speaks of.
    func resolver(host: String?) -> String {
        var text = ""
        for line in (host ?? "").split(separator: "\n") {
            let word = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).first.map(String.init) ?? ""
            let replaced =
                switch word {
                case "nameserver": !network.servers.isEmpty
                case "search", "domain": !network.searches.isEmpty
                case "options": !network.options.isEmpty
                default: false
                }
            if !replaced, !word.hasPrefix("#"), !word.hasPrefix(";") { text += line + "\n" }
        }
        let searches = network.searches.filter { $0 != "." }
        if !searches.isEmpty { text += "search \(searches.joined(separator: " "))\n" }
        for server in network.servers { text += "nameserver \(server)\n" }
        if !network.options.isEmpty { text += "options \(network.options.joined(separator: " "))\n" }
        return text
    }
}
