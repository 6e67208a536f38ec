import CLinux
import GuestMemory
import LinuxSystem

/// The entropy device (virtio 1.2, 5.4): fills buffers with random bytes of the host's kernel.
public final class RandomDevice: VirtioDevice {
    /// Entropy device.
    public static let kind: UInt32 = 4
    /// One queue of requests.
    public let queueSizes: [UInt16] = [64]
    /// None of its own.
    public let features: FeatureBits = []
    /// None.
    public let configuration: [UInt8] = []

    private var queue: VirtQueue?

    /// The most bytes that one request gets: the driver asks again if it wants more, and a huge buffer costs no more than
    /// a small one. Linux asks for at most 64 at a time.
    private static let limit = 256

    /// Makes a device.
    public init() {}

    /// As of `VirtioDevice`.
    public func activate(_ context: DeviceContext) { queue = context.queues[0] }

    /// As of `VirtioDevice`.
    public func reset() { queue = nil }

    /// As of `VirtioDevice`.
    public func handle(queue index: Int) throws(VirtioError) {
        guard let queue else { return }
        while try queue.next() {
            let count = Int(min(queue.chain.writableLength, UInt64(Self.limit)))
            guard count > 0 else { throw .request("entropy buffer without room") }
            var bytes = InlineArray<256, UInt8>(repeating: 0)
            do throws(SystemError) {
                // Up to 256 bytes come whole once the host's generator is initialised, which it is long before.
                try systemCall("getrandom") {
                    unsafe withUnsafeMutableBytes(of: &bytes) { unsafe getrandom($0.baseAddress, count, 0) }
                }
            } catch {
                throw .system(error)
            }
            // Bytes have no padding.
            try unsafe queue.chain.write(bytes.span.extracting(0..<count).bytes, at: 0)
            try queue.complete(written: UInt64(count))
        }
    }
}
