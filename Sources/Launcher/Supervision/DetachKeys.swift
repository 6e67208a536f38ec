/// Finds the keys that detach a terminal among what is typed. The start of the sequence is held back until it is clear
/// that something else follows.
struct DetachKeys {
    private let keys: [UInt8]
    private var matched = 0

    /// - Parameter keys: as the bytes that they send; empty for none.
    init(_ keys: [UInt8]) {
        self.keys = keys
    }

    /// How many bytes are held back now.
    var held: Int { matched }

    /// Takes what was typed.
    ///
    /// - Returns: what is passed on; and whether the sequence is complete.
    mutating func take(_ typed: ArraySlice<UInt8>) -> (passed: [UInt8], detaches: Bool) {
        if keys.isEmpty { return (Array(typed), false) }
        var passed: [UInt8] = []
        for byte in typed {
            if byte == keys[matched] {
                matched += 1
                if matched == keys.count { return (passed, true) }
                continue
            }
            passed += keys[..<matched]
            matched = byte == keys[0] ? 1 : 0
            if matched == 0 { passed.append(byte) }
        }
        return (passed, false)
    }
}
