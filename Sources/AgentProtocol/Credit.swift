/// How much a sender may still send on a stream. The receiver gives it more as it takes what was sent.
public struct SendCredit: Equatable, Sendable {
    /// Bytes.
    public private(set) var available: UInt32

    /// Begins with a whole window.
    public init() { available = AgentLimits.window }

    /// How much of a piece may be sent now.
    public func allowed(_ count: Int) -> Int { min(count, Int(available), AgentLimits.data) }

    /// Counts bytes that were sent, at most as many as allowed.
    public mutating func spend(_ count: Int) { available -= UInt32(count) }

    /// Takes what the receiver gives. More than it ever had to give is more than the wide window: that is cut, so a receiver
    /// that lies cannot make the sender count wrong.
    public mutating func grant(_ count: UInt32) {
        let (sum, overflow) = available.addingReportingOverflow(count)
        available = overflow ? AgentLimits.wideWindow : min(sum, AgentLimits.wideWindow)
    }
}

/// How much the other side may still send on a stream, and when to give it more.
public struct ReceiveCredit: Equatable, Sendable {
    private var outstanding: UInt32 = AgentLimits.window
    private var taken: UInt32 = 0
    /// How much may be under way.
    private var window: UInt32 = AgentLimits.window

    /// Begins with a whole window.
    public init() {}

    /// Counts bytes that came.
    ///
    /// - Returns: false where they are more than was given: the other side breaks the rules.
    public mutating func receive(_ count: Int) -> Bool {
        guard count <= Int(outstanding) else { return false }
        outstanding -= UInt32(count)
        return true
    }

    /// Counts bytes that went on to where they belong.
    ///
    /// - Returns: how much to grant now; nil while it is not worth a message.
    public mutating func take(_ count: Int) -> UInt32? {
        taken += UInt32(count)
        guard taken >= window / 4 else { return nil }
        // The first time the window becomes wide, too. A sender that knows no wide one keeps to its own.
        let granted = taken + AgentLimits.wideWindow - window
        window = AgentLimits.wideWindow
        taken = 0
        outstanding += granted
        return granted
    }
}
