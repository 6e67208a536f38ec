import NIOCore
import NIOPosix
import Synchronization

/// An HTTP server on loopback that answers with the bytes that a test gives, right or wrong.
final class ScriptedServer: Sendable {
    /// What a client asked for.
    struct Request: Sendable {
        let method: String
        /// Path and query.
        let target: String
        /// By names in lower case.
        let headers: [String: String]
    }

    /// One piece of an answer.
    enum Step: Sendable {
        case send([UInt8])
        case pause(Duration)
        /// Sends the same again and again until the client goes.
        case endless([UInt8])
        /// Says nothing more until the client goes.
        case hang
    }

    /// The answer to a request; after it the connection is closed.
    typealias Script = @Sendable (Request) -> [Step]

    private let log = Mutex<[Request]>([])
    private let channel: NIOAsyncChannel<NIOAsyncChannel<ByteBuffer, ByteBuffer>, Never>

    /// The port on 127.0.0.1, and on 127.0.0.2 too.
    var port: Int { channel.channel.localAddress?.port ?? 0 }
    /// What was asked for so far. Attempts at TLS are not among it: the server hangs up on them.
    var requests: [Request] { log.withLock { $0 } }

    /// How often a target was asked for.
    func count(_ method: String = "GET", _ target: String) -> Int {
        requests.count { $0.method == method && $0.target == target }
    }

    private init() async throws {
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: "0.0.0.0", port: 0) { child in
                child.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel(wrappingChannelSynchronously: child)
                }
            }
    }

    /// Runs a server while `body` runs.
    static func run(
        _ script: @escaping Script, _ body: (ScriptedServer) async throws -> Void
    ) async throws {
        let server = try await ScriptedServer()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.serve(script) }
            do {
                try await body(server)
            } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
        }
    }

    private func serve(_ script: @escaping Script) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            try await channel.executeThenClose { connections in
                for try await connection in connections {
                    group.addTask {
                        do {
                            try await self.serve(connection, script)
                        } catch {
                            // The client has gone.
                        }
                    }
                }
            }
        }
    }

    private func serve(_ connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>, _ script: @escaping Script) async throws {
        try await connection.executeThenClose { inbound, outbound in
            var bytes: [UInt8] = []
            var pieces = inbound.makeAsyncIterator()
            while let piece = try await pieces.next() {
                bytes.append(contentsOf: piece.readableBytesView)
                // A TLS handshake starts with 22.
                if bytes.first == 22 { return }
                guard let request = Self.request(bytes) else { continue }
                log.withLock { $0.append(request) }
                for step in script(request) {
                    switch step {
                    case .send(let bytes): try await outbound.write(ByteBuffer(bytes: bytes))
                    case .pause(let duration): try await Task.sleep(for: duration)
                    case .endless(let bytes):
                        let buffer = ByteBuffer(bytes: bytes)
                        while true { try await outbound.write(buffer) }
                    case .hang: while try await pieces.next() != nil {}
                    }
                }
                return
            }
        }
    }

    /// - Returns: nil while the request's head is not complete.
    private static func request(_ bytes: [UInt8]) -> Request? {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
        guard let end = lines.firstIndex(of: ""), end > 0 else { return nil }
        let words = lines[0].split(separator: " ").map(String.init)
        var headers: [String: String] = [:]
        for line in lines[1..<end] {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = line[colon...].dropFirst().drop { $0 == " " }.description
        }
        return Request(method: words[0], target: words[1], headers: headers)
    }
}

extension [ScriptedServer.Step] {
    /// A whole answer.
    static func answer(
        _ status: Int = 200, _ headers: [(String, String)] = [], _ body: [UInt8] = [], length: Int? = nil
    ) -> [ScriptedServer.Step] {
        [
            .head(status, [("Content-Length", "\(length ?? body.count)")] + headers),
            .send(body),
        ]
    }

    static func answer(_ status: Int = 200, _ headers: [(String, String)] = [], text: String) -> Self {
        answer(status, headers, [UInt8](text.utf8))
    }
}

extension ScriptedServer.Step {
    static func head(_ status: Int, _ headers: [(String, String)]) -> ScriptedServer.Step {
        let lines = (headers + [("Connection", "close")]).map { "\($0): \($1)\r\n" }.joined()
        return .send(Array("HTTP/1.1 \(status) Some Words\r\n\(lines)\r\n".utf8))
    }

    /// A piece of a body of unknown length.
    static func chunk(_ bytes: [UInt8]) -> ScriptedServer.Step {
        .send(Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + Array("\r\n".utf8))
    }
}
