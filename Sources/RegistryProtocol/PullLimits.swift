/// How much a registry may ask of us. The numbers are far above what real images and registries need.
public struct PullLimits: Sendable {
    /// Bytes of a manifest, an index or an image configuration. The distribution-spec asks registries to take manifests
    /// of 4 MiB at least, and no client makes larger ones.
    public var document = 4 << 20
    /// Bytes of a token endpoint's answer. Real tokens have some thousand.
    public var token = 1 << 20
    /// Bytes of an error's body that are looked at.
    public var errorBody = 16 << 10
    /// Layers of an image. Overlayfs takes about 500 lower directories.
    public var layers = 1024
    /// Bytes of all blobs of an image.
    public var image: Int64 = 256 << 30
    /// Indexes and manifests that are read to find the platform's.
    public var documents = 16
    /// Indexes within indexes.
    public var depth = 4
    /// Redirects of one request.
    public var redirects = 5
    /// Blobs fetched at once.
    public var parallel = 3
    /// Tries of one request, the first included. A blob that grew since the last try is not counted.
    public var attempts = 6
    /// Tries of one blob, whether it grew or not.
    public var blobAttempts = 100
    /// The wait before the second try; it doubles with each further one.
    public var backoff = Duration.milliseconds(500)
    /// The longest wait between tries, even where the registry asks for more.
    public var longestBackoff = Duration.seconds(30)
    /// Until a connection stands.
    public var connect = Duration.seconds(10)
    /// From a request to the head of its answer.
    public var head = Duration.seconds(30)
    /// For the whole body of a small document.
    public var documentTime = Duration.seconds(60)
    /// The longest silence within a body.
    public var silence = Duration.seconds(30)
    /// How often a blob's rate is looked at.
    public var rateWindow = Duration.seconds(30)
    /// Bytes that a blob must bring within such a window: a server that sends a byte now and then does not hold us.
    public var leastBytesPerWindow: Int64 = 30 << 10

    /// Makes the usual limits.
    public init() {}
}
