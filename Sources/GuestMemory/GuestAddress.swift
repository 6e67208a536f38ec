/// A physical address as the guest sees it. It is no pointer: only `GuestMemory` turns it into one, after a check.
public struct GuestAddress: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The address in bytes.
    public let value: UInt64

    /// Makes an address of a number.
    @inlinable
    public init(_ value: UInt64) { self.value = value }

    /// The address so many bytes further; nil past the end of 64 bits.
    @inlinable
    public func advanced(by bytes: UInt64) -> GuestAddress? {
        let (sum, overflow) = value.addingReportingOverflow(bytes)
        return overflow ? nil : GuestAddress(sum)
    }

    /// Whether the address is a multiple of `alignment` (a power of two).
    @inlinable
    public func isAligned(to alignment: UInt64) -> Bool { value & (alignment - 1) == 0 }

    /// By number.
    @inlinable
    public static func < (left: GuestAddress, right: GuestAddress) -> Bool { left.value < right.value }

    /// In hexadecimal, as in the kernel's own messages.
    public var description: String { "0x" + String(value, radix: 16) }
}
