import Glibc
import LinuxSystem

/// Whom a guest reaches on the host.
public protocol VsockHost: AnyObject {
    /// The guest asks for a connection to a port of the host's.
    ///
    /// - Returns: a stream socket that is connected; nil refuses.
    func connect(port: UInt32) -> OwnedDescriptor?
}

/// Reaches the Unix sockets `NAME_PORT` of a directory, as Firecracker's users know them.
public final class VsockSocketHost: VsockHost {
    private let directory: OwnedDescriptor
    private let name: String

    /// Names the sockets.
    ///
    /// - Parameters:
    ///   - directory: open (O_PATH will do).
    ///   - name: what comes before the `_` and the port.
    public init(in directory: consuming OwnedDescriptor, name: String) {
        self.directory = directory
        self.name = name
    }

    /// As of `VsockHost`.
    public func connect(port: UInt32) -> OwnedDescriptor? {
        // Nobody listens there, or not now: the guest is refused whatever the reason is.
        try? LocalSocket.connect("\(name)_\(port)", in: directory.number, .stream, blocks: false)
    }
}

/// Reaches sockets that were handed in, one for each port and once: for a process that can open nothing.
public final class VsockHandedHost: VsockHost {
    private var ports: [UInt32: Holder] = [:]

    private final class Holder {
        var socket: OwnedDescriptor?
        init(_ socket: consuming OwnedDescriptor) { self.socket = consume socket }
    }

    /// Makes one that reaches nobody.
    public init() {}

    /// Lets the guest connect to a port once.
    ///
    /// - Parameter socket: a stream socket that is connected with whoever serves the port.
    public func add(port: UInt32, _ socket: consuming OwnedDescriptor) { ports[port] = Holder(socket) }

    /// As of `VsockHost`.
    public func connect(port: UInt32) -> OwnedDescriptor? {
        guard let holder = ports.removeValue(forKey: port) else { return nil }
        return holder.socket.take()
    }
}
