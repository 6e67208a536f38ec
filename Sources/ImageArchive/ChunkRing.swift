import Glibc

/// Buffers that one thread fills and another empties, in order.
///
/// The buffers belong to whoever was given one: the filler from `emptyBuffer` to `publish`, the emptier from `next` to
/// the following `next`. All other state is guarded by the mutex.
@safe
final class ChunkRing: @unchecked Sendable {
    static let chunkSize = 1 << 18
    private static let count = 8

    private let storage: UnsafeMutableRawPointer
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>
    private var lengths = [Int](repeating: 0, count: count)
    private var filled = 0
    private var emptied = 0
    private var isReading = false
    private var ended = false
    private var stopped = false
    private var failure: ArchiveError?

    init() {
        unsafe storage = .allocate(byteCount: Self.chunkSize * Self.count, alignment: 4096)
        unsafe mutex = .allocate(capacity: 1)
        unsafe changed = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(changed, nil)
    }

    deinit {
        unsafe pthread_mutex_destroy(mutex)
        unsafe pthread_cond_destroy(changed)
        unsafe mutex.deallocate()
        unsafe changed.deallocate()
        unsafe storage.deallocate()
    }

    private func buffer(_ index: Int) -> UnsafeMutableRawBufferPointer {
        // The storage has `count` chunks.
        unsafe UnsafeMutableRawBufferPointer(
            start: storage + (index % Self.count) * Self.chunkSize, count: Self.chunkSize)
    }

    /// A buffer to fill; nil where the emptier wants no more.
    func emptyBuffer() -> UnsafeMutableRawBufferPointer? {
        unsafe pthread_mutex_lock(mutex)
        defer { _ = unsafe pthread_mutex_unlock(mutex) }
        while filled - emptied == Self.count, !stopped { _ = unsafe pthread_cond_wait(changed, mutex) }
        return unsafe stopped ? nil : buffer(filled)
    }

    /// Hands on the buffer given last.
    func publish(_ length: Int) {
        unsafe pthread_mutex_lock(mutex)
        lengths[filled % Self.count] = length
        filled += 1
        unsafe pthread_cond_signal(changed)
        unsafe pthread_mutex_unlock(mutex)
    }

    /// Ends the stream, with an error or without.
    func end(_ error: ArchiveError?) {
        unsafe pthread_mutex_lock(mutex)
        ended = true
        failure = error
        unsafe pthread_cond_signal(changed)
        unsafe pthread_mutex_unlock(mutex)
    }

    /// The next bytes, valid until the next call; nil at the end.
    func next() throws(ArchiveError) -> UnsafeRawBufferPointer? {
        unsafe pthread_mutex_lock(mutex)
        defer { _ = unsafe pthread_mutex_unlock(mutex) }
        if isReading {
            emptied += 1
            isReading = false
            unsafe pthread_cond_signal(changed)
        }
        while filled == emptied, !ended { _ = unsafe pthread_cond_wait(changed, mutex) }
        if filled == emptied {
            if let failure { throw failure }
            return nil
        }
        isReading = true
        return unsafe UnsafeRawBufferPointer(rebasing: buffer(emptied)[..<lengths[emptied % Self.count]])
    }

    /// Tells the filler that no more is wanted.
    func stop() {
        unsafe pthread_mutex_lock(mutex)
        stopped = true
        unsafe pthread_cond_signal(changed)
        unsafe pthread_mutex_unlock(mutex)
    }
}
