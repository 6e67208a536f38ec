import Glibc
import GuestMemory
import LinuxSystem
import Wire

/// The console device (virtio 1.2, 5.3) with one port: a terminal of the guest.
///
/// Where the host does not take the output the guest's buffers stay in the queue; where the guest gives no buffers the
/// host's input is not read. So nothing piles up here.
public final class ConsoleDevice: VirtioDevice {
    /// Console device.
    public static let kind: UInt32 = 3
    /// Bytes to the guest, bytes from the guest.
    public let queueSizes: [UInt16] = [64, 64]
    /// The size of the terminal, and a register for output before queues work.
    public let features: FeatureBits = [ConsoleDevice.sizeFeature, ConsoleDevice.emergencyWriteFeature]

    private static let sizeFeature = FeatureBits(bit: 0)
    private static let emergencyWriteFeature = FeatureBits(bit: 2)
    /// Where `emerg_wr` lies in struct virtio_console_config of linux/virtio_console.h.
    private static let emergencyWriteOffset = 8
    private static let receiveQueue = 0
    private static let transmitQueue = 1
    private static let inputToken: UInt64 = 1
    private static let outputToken: UInt64 = 2
    /// The most bytes that are copied at a time.
    private static let copyLimit: UInt64 = 16 << 10

    private let output: any ConsoleOutput
    private var input: OwnedDescriptor?
    private var rows: UInt16
    private var columns: UInt16
    private var context: DeviceContext?
    /// How much of the transmit queue's next chain was already taken.
    private var transmitted: UInt64 = 0
    private var copy: [UInt8] = []
    private var watchesInput = false
    private var watchesOutput = false

    /// Makes a console.
    ///
    /// - Parameters:
    ///   - input: what the guest reads; becomes non-blocking. nil: it never gets anything.
    ///   - rows: of the terminal; 0 where it has no size.
    ///   - columns: likewise.
    public init(
        output: any ConsoleOutput, input: consuming OwnedDescriptor?, rows: UInt16 = 0, columns: UInt16 = 0
    ) throws(SystemError) {
        self.output = output
        self.rows = rows
        self.columns = columns
        self.input = input
        try self.input?.setNonBlocking()
    }

    private var inputNumber: CInt? {
        switch input {
        case .some(let input): input.number
        case .none: nil
        }
    }

    /// As of `VirtioDevice`: struct virtio_console_config.
    public var configuration: [UInt8] {
        var wire = WireWriter(capacity: 12)
        wire.put(columns)
        wire.put(rows)
        wire.put(UInt32(1))
        wire.put(UInt32(0))
        return wire.bytes
    }

    /// Changes the terminal's size. To be called by `MMIOTransport.withDevice(changesConfiguration: true)`.
    public func resize(rows: UInt16, columns: UInt16) {
        self.rows = rows
        self.columns = columns
    }

    /// The emergency register: each write is a byte of output.
    public func configure(at offset: Int, _ bytes: [UInt8]) {
        guard offset == Self.emergencyWriteOffset, let byte = bytes.first else { return }
        // There is nobody to tell of an error, and nothing to do about it.
        _ = try? output.write([byte])
    }

    /// As of `VirtioDevice`.
    public func activate(_ context: DeviceContext) throws(VirtioError) {
        self.context = context
        try watchInput(true)
    }

    /// As of `VirtioDevice`.
    public func reset() {
        // What cannot be taken from the set is not in it.
        if let watch = context?.watch {
            if watchesInput, let number = inputNumber { try? watch.remove(number) }
            if watchesOutput, let number = output.descriptor { try? watch.remove(number) }
        }
        watchesInput = false
        watchesOutput = false
        transmitted = 0
        context = nil
    }

    /// As of `VirtioDevice`.
    public func handle(queue index: Int) throws(VirtioError) {
        if index == Self.transmitQueue {
            try transmit()
        } else {
            try receive()
        }
    }

    /// As of `VirtioDevice`.
    public func handle(token: UInt64, _ readiness: Readiness) throws(VirtioError) {
        if token == Self.outputToken {
            try watchOutput(false)
            try transmit()
        } else {
            try receive()
        }
    }

    /// As of `VirtioDevice`.
    public func save(to state: inout WireWriter) {
        state.put(rows)
        state.put(columns)
        state.put(transmitted)
    }

    /// As of `VirtioDevice`.
    public func restore(from state: inout WireReader) throws(WireError) {
        rows = try state.integer(UInt16.self)
        columns = try state.integer(UInt16.self)
        transmitted = try state.integer(UInt64.self)
    }

    // MARK: - Guest to host

    private func transmit() throws(VirtioError) {
        guard !watchesOutput, let queue = context?.queues[Self.transmitQueue] else { return }
        while try queue.next() {
            while transmitted < queue.chain.readableLength {
                let count = min(queue.chain.readableLength - transmitted, Self.copyLimit)
                copy.removeAll(keepingCapacity: true)
                try queue.chain.read(to: &copy, at: transmitted, count: count)
                let taken = try writeOutput()
                transmitted += UInt64(taken)
                if taken < copy.count {
                    queue.putBack()
                    return try watchOutput(true)
                }
            }
            transmitted = 0
            try queue.complete(written: 0)
        }
    }

    /// Writes what is in `copy`. An output that has gone for good takes everything: the guest goes on unheard.
    private func writeOutput() throws(VirtioError) -> Int {
        do throws(SystemError) {
            return try output.write(copy)
        } catch {
            return copy.count
        }
    }

    // MARK: - Host to guest

    private func receive() throws(VirtioError) {
        guard let number = inputNumber, let queue = context?.queues[Self.receiveQueue] else { return }
        while try queue.next() {
            let room = min(queue.chain.writableLength, Self.copyLimit)
            guard room > 0 else { throw .request("console buffer without room") }
            queue.vectors.removeAll()
            try queue.chain.appendWritable(at: 0, count: room, to: &queue.vectors)
            let count: Int
            do throws(SystemError) {
                count = try queue.vectors.read(from: number, "console input")
            } catch {
                queue.putBack()
                if error.number == EAGAIN { return try watchInput(true) }
                return try endInput()
            }
            guard count > 0 else {
                queue.putBack()
                return try endInput()
            }
            try queue.complete(written: UInt64(count))
        }
        // Until the guest gives buffers there is no use in being told of input.
        try watchInput(false)
    }

    private func endInput() throws(VirtioError) {
        try watchInput(false)
        input = nil
    }

    private func watchInput(_ wanted: Bool) throws(VirtioError) {
        guard wanted != watchesInput, let number = inputNumber, let watch = context?.watch else { return }
        try watching { () throws(SystemError) in
            if wanted {
                try watch.add(number, .readable, token: Self.inputToken)
            } else {
                try watch.remove(number)
            }
        }
        watchesInput = wanted
    }

    private func watchOutput(_ wanted: Bool) throws(VirtioError) {
        guard wanted != watchesOutput, let number = output.descriptor, let watch = context?.watch else { return }
        try watching { () throws(SystemError) in
            if wanted {
                try watch.add(number, .writable, token: Self.outputToken)
            } else {
                try watch.remove(number)
            }
        }
        watchesOutput = wanted
    }
}

/// A descriptor that cannot be watched is the end of the device.
func watching<Result>(_ body: () throws(SystemError) -> Result) throws(VirtioError) -> Result {
    do throws(SystemError) {
        return try body()
    } catch {
        throw .system(error)
    }
}
