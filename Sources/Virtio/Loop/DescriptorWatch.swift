import LinuxSystem

/// One source's part of the loop's set of watched descriptors. Its tokens are its own.
public struct DescriptorWatch: Sendable {
    let epoll: Epoll
    /// The source's number in the loop.
    let source: UInt64

    /// Tokens have so many bits; those above name the source.
    static let tokenBits: UInt64 = 48

    /// Watches for events of a source.
    public init(_ epoll: Epoll, source: Int) {
        self.epoll = epoll
        self.source = UInt64(source) << Self.tokenBits
    }

    /// Begins to watch a descriptor.
    ///
    /// - Parameter token: less than 2^47; comes back with each event.
    public func add(_ descriptor: CInt, _ events: Readiness, token: UInt64) throws(SystemError) {
        try epoll.add(descriptor, events, token: source | token)
    }

    /// Watches for something else.
    public func modify(_ descriptor: CInt, _ events: Readiness, token: UInt64) throws(SystemError) {
        try epoll.modify(descriptor, events, token: source | token)
    }

    /// Watches it no longer.
    public func remove(_ descriptor: CInt) throws(SystemError) { try epoll.remove(descriptor) }
}
