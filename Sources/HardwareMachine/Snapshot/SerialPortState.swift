import Wire

extension SerialPort.State {
    /// Puts the registers.
    func encode(to wire: inout WireWriter) {
        for register in [interruptEnable, lineControl, modemControl, scratch, divisor.low, divisor.high] {
            wire.put(register)
        }
        wire.put(hasFIFOs)
        wire.put(isEmptyPending)
        wire.put(received != nil)
        wire.put(received ?? 0)
    }

    /// Takes the registers; any value is one that a guest could have written.
    init(from wire: inout WireReader) throws(WireError) {
        self.init()
        interruptEnable = try wire.integer(UInt8.self) & 0x0f
        lineControl = try wire.integer(UInt8.self)
        modemControl = try wire.integer(UInt8.self) & 0x1f
        scratch = try wire.integer(UInt8.self)
        divisor = (try wire.integer(UInt8.self), try wire.integer(UInt8.self))
        hasFIFOs = try wire.bool()
        isEmptyPending = try wire.bool()
        let hasReceived = try wire.bool()
        let byte = try wire.integer(UInt8.self)
        received = hasReceived ? byte : nil
    }
}
