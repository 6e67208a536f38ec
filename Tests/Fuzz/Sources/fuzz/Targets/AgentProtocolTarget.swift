import AgentProtocol

/// Bytes of a guest's agent, in pieces. What is a message must be the same message when it is written and read again.
let agentProtocolTarget = FuzzTarget(name: "agent-protocol") { bytes in
    decode(GuestMessage.self, bytes)
    decode(HostMessage.self, bytes)
}

private func decode<Message: AgentMessage & Equatable>(_ type: Message.Type, _ bytes: [UInt8]) {
    var decoder = MessageDecoder<Message>()
    var rest = bytes[...]
    while !rest.isEmpty {
        let piece = Int(rest[rest.startIndex]) + 1
        decoder.append(rest.prefix(piece))
        rest = rest.dropFirst(piece)
        do {
            while let message = try decoder.next() {
                var again = MessageDecoder<Message>()
                again.append(message.frame)
                guard try again.next() == message else { fatalError("\(message) is not read as it was written") }
            }
        } catch {
            return
        }
    }
}
