import LinuxSystem

/// Where a device raises its interrupt. What is behind it is the machine's affair.
public protocol InterruptLine: Sendable {
    /// Raises the interrupt, as an edge. Called from any thread; never blocks.
    func raise()
}

extension EventDescriptor: InterruptLine {
    /// Writes the descriptor, which the machine gave to the kernel (KVM_IRQFD) or watches.
    public func raise() { signal() }
}
