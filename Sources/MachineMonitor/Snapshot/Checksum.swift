/// FNV-1a of 64 bits: finds damage, not malice.
public enum Checksum {
    /// The sum of bytes.
    public static func of(_ bytes: some Sequence<UInt8>) -> UInt64 {
        // The numbers of the algorithm (Fowler, Noll, Vo).
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0100_0000_01b3 }
    }
}
