import CLinux
import Glibc
import LinuxSystem

/// Debian's docker-registry on a free port of 127.0.0.1, with its storage in a directory of its own.
final class RegistryServer {
    /// How it is spoken to, beside plain HTTP for everybody.
    struct Options {
        /// A user and a password without which nothing is read.
        var login: (user: String, password: String)?
        /// A certificate and its key, as PEM files.
        var certificate: (certificate: String, key: String)?
    }

    let port: UInt16
    let directory: String
    private let process: Child

    /// Where it is: `127.0.0.1:PORT`.
    var address: String { "127.0.0.1:\(port)" }
    private let options: Options

    init(_ options: Options = Options()) throws {
        self.options = options
        directory = Environment.temporaryDirectory("hull-registry")
        port = try Self.freePort()
        var configuration = """
            version: 0.1
            log: {level: error, accesslog: {disabled: false}}
            storage: {filesystem: {rootdirectory: \(directory)/storage}}
            http:
              addr: 127.0.0.1:\(port)

            """
        if let files = options.certificate {
            configuration += "  tls: {certificate: \(files.certificate), key: \(files.key)}\n"
        }
        if let login = options.login {
            // libcrypt knows bcrypt, which is all that docker-registry takes.
            let hash = try tool(
                "perl", "-e", #"print crypt($ARGV[0], q($2y$05$abcdefghijklmnopqrstuu))"#, login.password
            ).output
            try Self.write(directory + "/htpasswd", "\(login.user):\(hash)\n")
            configuration += "auth: {htpasswd: {realm: test, path: \(directory)/htpasswd}}\n"
        }
        try Self.write(directory + "/config.yml", configuration)
        // The shell's exec keeps the process's number, and its output goes where no pipe fills up.
        process = try Child(
            [
                program("sh"), "-c", "exec docker-registry serve \"$0/config.yml\" > \"$0/log\" 2>&1", directory,
            ], environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"])
        let port = port
        guard Clock.wait(seconds: 20, until: { Self.answers(port) }) else {
            throw FailedProgram(
                outcome: Outcome(command: "docker-registry", status: 1, outputBytes: [], errorBytes: log))
        }
    }

    deinit {
        process.signal(SIGCONT)
        process.signal(SIGKILL)
        _ = Clock.wait { process.hasEnded }
        Environment.removeTree(directory)
    }

    func signal(_ number: CInt) { process.signal(number) }

    private var log: [UInt8] {
        guard let bytes = try? WholeFile.read(directory + "/log") else { return [] }
        return bytes
    }

    /// What was fetched of images, as its access log has it: `GET /v2/a/manifests/1 HTTP/1.1" 200`.
    var fetches: [String] {
        requests.filter { $0.hasPrefix("GET") && ($0.contains("/manifests/") || $0.contains("/blobs/")) }
    }

    private var requests: [String] {
        String(decoding: log, as: UTF8.self).split(separator: "\n").compactMap { line in
            guard let start = line.range(of: "] \"") else { return nil }
            let rest = line[start.upperBound...].split(separator: " ")
            return rest.count > 3 ? rest[0...3].joined(separator: " ") : nil
        }
    }

    /// Copies an image of an OCI layout to the registry.
    func push(_ layout: String, _ name: String) throws {
        var words = ["copy", "--quiet", "--all", "--dest-tls-verify=false"]
        if let login = options.login { words += ["--dest-creds", "\(login.user):\(login.password)"] }
        words += ["oci:\(layout)", "docker://\(address)/\(name)"]
        let outcome = try Child(
            [program("skopeo")] + words, environment: ["PATH": "/usr/bin:/bin", "HOME": directory]
        ).finish(seconds: 120)
        guard outcome.status == 0 else { throw FailedProgram(outcome: outcome) }
    }

    private static func write(_ path: String, _ text: String) throws {
        try WholeFile.create(path, Array(text.utf8))
    }

    /// Opens a socket (ip(7)); `port` 0 binds one that is free.
    private static func withAddress<Result>(
        _ port: UInt16, _ body: (CInt, UnsafePointer<sockaddr>, socklen_t) throws -> Result
    ) throws -> Result {
        let descriptor = try systemCall("socket") { socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return try withUnsafePointer(to: &address) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try body(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func freePort() throws -> UInt16 {
        try withAddress(0) { descriptor, address, length in
            try systemCall("bind") { bind(descriptor, address, length) }
            var bound = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            try withUnsafeMutablePointer(to: &bound) { pointer in
                try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bound in
                    _ = try systemCall("getsockname") { getsockname(descriptor, bound, &size) }
                }
            }
            return UInt16(bigEndian: bound.sin_port)
        }
    }

    private static func answers(_ port: UInt16) -> Bool {
        (try? withAddress(port) { descriptor, address, length in connect(descriptor, address, length) == 0 }) ?? false
    }
}

extension StringProtocol {
    /// Where a text is first.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
