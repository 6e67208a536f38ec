/// Numbers that both sides of the agent's protocol keep to.
public enum AgentLimits {
    /// The versions that this code speaks.
    public static let versions: ClosedRange<UInt16> = 1...1
    /// The port of the host to which the agent connects.
    public static let port: UInt32 = 1024
    /// The process that the specification describes; others have numbers from 1 on.
    public static let workload: UInt32 = 0

    /// The most bytes of data in one message.
    public static let data = 64 << 10
    /// How many bytes a stream may send before the other side has taken any.
    public static let window: UInt32 = 256 << 10
    /// How many bytes a stream may have under way once the other side has taken some: who sends much comes to it.
    public static let wideWindow: UInt32 = 512 << 10
    /// The longest message to the guest.
    static let hostFrame = 2 << 20
    /// The longest message from the guest, which is not trusted.
    static let guestFrame = 512 << 10
    /// A specification or a description of a process, in bytes of JSON.
    static let json = 1 << 20
    static let text = 4096
    static let path = 4096
    /// Directories within each other in a tree that is copied: each holds a descriptor open.
    static let depth = 512
    static let hostname = 64
    static let entropy = 512
    static let files = 16
    static let file = 64 << 10
    static let processes = 1024
    /// A command line in a list of processes.
    static let command = 256
}
