extension [ProcessorGate] {
    /// Has all processors stand still, and waits until they do; or none of them.
    public func close() throws(MachineError) {
        for (index, gate) in enumerated() {
            do throws(MachineError) {
                try gate.close()
            } catch {
                for earlier in self[..<index] { earlier.open() }
                throw error
            }
        }
    }

    /// Lets all go on.
    public func open() { for gate in self { gate.open() } }
}
