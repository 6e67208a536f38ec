import Wire

/// A message of one of the two sides. On the stream each is a frame: the body's length (32 bits, little-endian), and the
/// body, which begins with a byte that says which message it is.
public protocol AgentMessage: Sendable {
    /// The longest body.
    static var frameLimit: Int { get }
    /// Puts the body.
    func encode(to wire: inout WireWriter)
    /// Takes the body apart; `MessageDecoder` sees to it that nothing is left.
    init(from wire: inout WireReader) throws(WireError)
}

extension AgentMessage {
    /// The frame. Texts that are too long are cut by those who make messages; a body that is still too long is a mistake
    /// of this program, which the other side would answer by hanging up.
    public var frame: [UInt8] {
        var wire = WireWriter(capacity: 64)
        wire.put(UInt32(0))
        encode(to: &wire)
        assert(wire.bytes.count - 4 <= Self.frameLimit)
        wire.replace(UInt32(wire.bytes.count - 4), at: 0)
        return wire.bytes
    }
}

/// Makes messages of the bytes of a stream, in pieces as they come.
///
/// What the other side can have this hold is one frame and what was read with its end. After an error nothing more is
/// to be had of the stream.
public struct MessageDecoder<Message: AgentMessage>: Sendable {
    private var bytes: [UInt8] = []
    private var start = 0
    private var error: WireError?

    /// Makes a decoder for a stream's beginning.
    public init() {}

    /// Adds bytes. All messages that are complete are to be taken before more is added.
    public mutating func append(_ more: some Collection<UInt8>) {
        if start > 0 {
            bytes.removeFirst(start)
            start = 0
        }
        bytes.append(contentsOf: more)
    }

    /// The next message; nil until it is there whole.
    public mutating func next() throws(WireError) -> Message? {
        if let error { throw error }
        do throws(WireError) {
            return try take()
        } catch {
            self.error = error
            bytes = []
            start = 0
            throw error
        }
    }

    private mutating func take() throws(WireError) -> Message? {
        guard bytes.count - start >= 4 else { return nil }
        var prefix = WireReader(bytes, start..<start + 4)
        let length = Int(try prefix.integer(UInt32.self))
        guard length > 0 else { throw .invalid("length") }
        // Before it is there: nobody is made to wait for what will be refused.
        guard length <= Message.frameLimit else { throw .tooLong(length, limit: Message.frameLimit) }
        guard bytes.count - start - 4 >= length else { return nil }
        var body = WireReader(bytes, start + 4..<start + 4 + length)
        let message = try Message(from: &body)
        try body.finish()
        start += 4 + length
        if start == bytes.count {
            bytes.removeAll(keepingCapacity: true)
            start = 0
        }
        return message
    }
}
