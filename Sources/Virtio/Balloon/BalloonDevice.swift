import GuestMemory
import LinuxSystem
import Wire

/// The balloon device (virtio 1.2, 5.5): gives pages that the guest does not use back to the host, those that the guest
/// puts into the balloon and those that it reports as free.
public final class BalloonDevice: VirtioDevice {
    /// Memory balloon device.
    public static let kind = BalloonLayout.kind
    /// Inflate, deflate, statistics, free page reports.
    public let queueSizes: [UInt16] = [128, 128, 2, 32]
    /// As of `VirtioDevice`.
    public let features: FeatureBits = [
        BalloonLayout.Feature.statistics, BalloonLayout.Feature.deflateOnOOM, BalloonLayout.Feature.freePageReporting,
    ]

    /// How many pages the guest should put into the balloon.
    private var target: UInt32 = 0
    /// How many it says are in it.
    public private(set) var actual: UInt32 = 0
    /// What it last said of its memory.
    public private(set) var statistics = BalloonStatistics()
    private var context: DeviceContext?
    /// The buffer with statistics, kept until others are wanted: giving it back asks for them.
    private var statisticsBuffer: UInt16?

    /// The most bytes of a list of page numbers: Linux's has 256.
    private static let listLimit: UInt64 = 64 << 10
    /// The most statistics of a buffer: twice as many as there are.
    private static let statisticsLimit: UInt64 = 32

    /// Makes a balloon that is empty.
    public init() {}

    /// As of `VirtioDevice`: struct virtio_balloon_config.
    public var configuration: [UInt8] {
        var wire = WireWriter(capacity: 16)
        wire.put(target)
        wire.put(actual)
        wire.put(UInt64(0))
        return wire.bytes
    }

    /// Asks the guest to put so many pages of 4 KiB into the balloon. To be called by
    /// `MMIOTransport.withDevice(changesConfiguration: true)`.
    public func setTarget(pages: UInt32) { target = pages }

    /// Asks the guest for statistics; they are there a little later. To be called by `MMIOTransport.withDevice`.
    public func requestStatistics() throws(VirtioError) {
        guard let head = statisticsBuffer, let queue = context?.queues[BalloonLayout.statisticsQueue] else { return }
        statisticsBuffer = nil
        try queue.complete(head: head, written: 0)
    }

    /// The driver says how many pages are in the balloon.
    public func configure(at offset: Int, _ bytes: [UInt8]) {
        guard offset == BalloonLayout.actualOffset, bytes.count == 4 else { return }
        actual = bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// As of `VirtioDevice`.
    public func activate(_ context: DeviceContext) { self.context = context }

    /// As of `VirtioDevice`.
    public func reset() {
        context = nil
        statisticsBuffer = nil
        actual = 0
    }

    /// As of `VirtioDevice`.
    public func handle(queue index: Int) throws(VirtioError) {
        guard let context, let queue = context.queues[index] else { return }
        // Without statistics the reports are in the third queue.
        let hasStatistics = context.features.contains(BalloonLayout.Feature.statistics)
        switch index {
        case BalloonLayout.inflateQueue: try inflate(queue, context.memory)
        case BalloonLayout.deflateQueue:
            // The guest takes pages back by touching them.
            while try queue.next() { try queue.complete(written: 0) }
        case BalloonLayout.statisticsQueue where hasStatistics: try takeStatistics(queue)
        default: try takeReports(queue, context.memory)
        }
    }

    /// As of `VirtioDevice`.
    public func save(to state: inout WireWriter) {
        state.put(target)
        state.put(actual)
        state.put(statisticsBuffer != nil)
        state.put(statisticsBuffer ?? 0)
    }

    /// As of `VirtioDevice`.
    public func restore(from state: inout WireReader) throws(WireError) {
        target = try state.integer(UInt32.self)
        actual = try state.integer(UInt32.self)
        let hasBuffer = try state.bool()
        let head = try state.integer(UInt16.self)
        statisticsBuffer = hasBuffer ? head : nil
    }

    // MARK: - Pages

    /// Gives the pages of lists back. Pages that follow each other go in one call.
    private func inflate(_ queue: VirtQueue, _ memory: GuestMemory) throws(VirtioError) {
        while try queue.next() {
            let length = queue.chain.readableLength
            guard length % BalloonLayout.pageNumberSize == 0, length <= Self.listLimit else {
                throw .request("balloon list of \(length) bytes")
            }
            var run = PageRun(memory)
            for place in stride(from: 0, to: length, by: Int(BalloonLayout.pageNumberSize)) {
                run.add(page: UInt64(try queue.chain.read(UInt32.self, at: place)))
            }
            run.discard()
            try queue.complete(written: 0)
        }
    }

    /// Gives the ranges back that the guest reports as free; it takes them back once the report is.
    private func takeReports(_ queue: VirtQueue, _ memory: GuestMemory) throws(VirtioError) {
        while try queue.next() {
            queue.chain.forEachWritable { address, length in
                // Whole pages only; what the guest says of others is nothing to us.
                guard address.isAligned(to: BalloonLayout.pageSize) else { return }
                discardIfPossible(memory, address, length & ~(BalloonLayout.pageSize - 1))
            }
            try queue.complete(written: 0)
        }
    }

    // MARK: - Statistics

    private func takeStatistics(_ queue: VirtQueue) throws(VirtioError) {
        while try queue.next() {
            // The driver has one buffer; one that offers a second gets the first back.
            if let head = statisticsBuffer { try queue.complete(head: head, written: 0) }
            let count = min(queue.chain.readableLength / BalloonLayout.statisticSize, Self.statisticsLimit)
            var fresh = BalloonStatistics()
            for index in 0..<count {
                let place = index * BalloonLayout.statisticSize
                fresh.set(
                    try queue.chain.read(UInt16.self, at: place), try queue.chain.read(UInt64.self, at: place + 2))
            }
            statistics = fresh
            statisticsBuffer = queue.chain.head
        }
    }
}

/// Pages that follow each other, to be given back in one call.
private struct PageRun {
    private let memory: GuestMemory
    private var first: UInt64 = 0
    private var count: UInt64 = 0

    init(_ memory: GuestMemory) { self.memory = memory }

    /// Adds a page. Linux's list runs downwards as often as upwards.
    mutating func add(page: UInt64) {
        if count > 0, page == first + count {
            count += 1
        } else if count > 0, page + 1 == first {
            first = page
            count += 1
        } else {
            discard()
            first = page
            count = 1
        }
    }

    /// Gives the pages back that were added.
    mutating func discard() {
        if count > 0 {
            // 32 bits of page number and a list of bounded length: no sum overflows.
            discardIfPossible(
                memory, GuestAddress(first * BalloonLayout.pageSize), count * BalloonLayout.pageSize)
        }
        count = 0
    }
}

/// Gives pages back. The guest may name what is not memory, or lie across two regions: then nothing is given back and
/// nobody is worse off.
private func discardIfPossible(_ memory: GuestMemory, _ address: GuestAddress, _ length: UInt64) {
    _ = try? memory.discard(at: address, length: length)
}
