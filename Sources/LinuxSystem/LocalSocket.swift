import CLinux
import Glibc

/// Sockets of the family AF_UNIX (unix(7)).
public enum LocalSocket {
    /// What goes through a socket.
    public enum Kind: Sendable {
        /// Packets, whose bounds are kept (SOCK_SEQPACKET).
        case packets
        /// Bytes (SOCK_STREAM).
        case stream

        fileprivate var number: CInt {
            let type = self == .packets ? SOCK_SEQPACKET : SOCK_STREAM
            return CInt(type.rawValue | SOCK_CLOEXEC.rawValue)
        }
    }

    /// Two sockets that are connected with each other.
    @frozen
    public struct Pair: ~Copyable {
        /// One end.
        public let first: OwnedDescriptor
        /// The other end.
        public let second: OwnedDescriptor

        /// Makes the two.
        public init(_ kind: Kind = .packets) throws(SystemError) {
            var ends: [CInt] = [-1, -1]
            // The array has room for both numbers.
            try systemCall("socketpair") { unsafe socketpair(AF_UNIX, kind.number, 0, &ends) }
            first = OwnedDescriptor(owning: ends[0])
            second = OwnedDescriptor(owning: ends[1])
        }
    }

    /// Listens at a name in a directory. An address has room for 108 bytes, so the directory is named by its descriptor.
    public static func listen(
        _ name: String, in directory: CInt, _ kind: Kind = .packets
    ) throws(SystemError) -> OwnedDescriptor {
        let socket = try make(kind)
        try unsafe withAddress("/proc/self/fd/\(directory)/\(name)") { address, length throws(SystemError) in
            try systemCall("bind", name) { unsafe bind(socket.number, address, length) }
        }
        try systemCall("listen", name) { Glibc.listen(socket.number, 64) }
        return socket
    }

    /// Connects to a name in a directory.
    ///
    /// - Parameter blocks: whether to wait while as many connections wait there as may; else that is EAGAIN, and the
    ///   socket stays non-blocking.
    public static func connect(
        _ name: String, in directory: CInt, _ kind: Kind = .packets, blocks: Bool = true
    ) throws(SystemError) -> OwnedDescriptor {
        let socket = try make(kind)
        if !blocks { try socket.setNonBlocking() }
        try unsafe withAddress("/proc/self/fd/\(directory)/\(name)") { address, length throws(SystemError) in
            try systemCall("connect", name) { unsafe Glibc.connect(socket.number, address, length) }
        }
        return socket
    }

    /// Takes a connection that waits; the caller sees to it that one does.
    public static func accept(_ socket: CInt) throws(SystemError) -> OwnedDescriptor {
        OwnedDescriptor(
            owning: try systemCall("accept4") { linux_accept4(socket, CInt(SOCK_CLOEXEC.rawValue)) })
    }

    /// The user at the other side.
    public static func peerUser(_ socket: CInt) throws(SystemError) -> uid_t {
        var (pid, uid, gid): (pid_t, uid_t, gid_t) = (0, 0, 0)
        try systemCall("getsockopt", "SO_PEERCRED") { unsafe linux_peer_credentials(socket, &pid, &uid, &gid) }
        return uid
    }

    private static func make(_ kind: Kind) throws(SystemError) -> OwnedDescriptor {
        OwnedDescriptor(owning: try systemCall("socket") { socket(AF_UNIX, kind.number, 0) })
    }

    private static func withAddress(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) throws(SystemError) -> Void
    ) throws(SystemError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw SystemError("bind", path, number: ENAMETOOLONG)
        }
        // The text is shorter than the field, so a zero byte ends it.
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let failed: SystemError? = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                do throws(SystemError) {
                    try unsafe body(generic, socklen_t(MemoryLayout<sockaddr_un>.size))
                    return nil
                } catch {
                    return error
                }
            }
        }
        if let failed { throw failed }
    }
}
