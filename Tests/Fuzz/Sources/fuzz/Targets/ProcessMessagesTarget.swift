@testable import ContainerRuntime
@testable import Launcher

/// Packets between Hull's own processes: any user's client may write to a supervisor that is its own, and a container's first
/// process is near to what the image brings. What is read is written so that it is read again, and fits in a packet.
let processMessagesTarget = FuzzTarget(name: "process-messages") { bytes in
    if let frame = Frame(bytes[...]) {
        guard Frame(frame.bytes[...]) == frame else { fatalError("\(frame) is not read as it was written") }
    }
    if let message = Message(bytes) {
        let written = message.bytes
        guard written.count <= Message.maximumSize, Message(written) != nil else {
            fatalError("\(message) cannot be read again")
        }
    }
}
