/// What a layer may grow to. The defaults are above every real image that we know.
public struct LayerLimits: Sendable {
    /// Bytes of the uncompressed archive.
    public var bytes: Int64 = 128 << 30
    /// How many times larger than its compressed form the archive may be, once it has `ratioFreeBytes`.
    public var ratio: Int64 = 200
    /// Bytes below which the ratio does not count: a small layer of zeros does no harm.
    public var ratioFreeBytes: Int64 = 1 << 30
    /// Entries.
    public var entries = 10_000_000
    /// Bytes of an entry's name, as the kernel takes it (PATH_MAX with its zero byte).
    public var pathLength = 4095
    /// Bytes that a sparse file pretends to have.
    public var fileSize: Int64 = 16 << 40

    /// The defaults.
    public init() {}
}

/// Which device nodes of layers are made. A node is usable by whoever can reach the layer's directory, and in a container
/// only as far as its device policy goes.
public enum DevicePolicy: Sendable {
    /// The nodes that every container has anyway (null, zero, full, random, urandom, tty, console, ptmx); others are an
    /// error.
    case standard
    /// All, with the numbers that the layer gives, as Docker does.
    case all
    /// None: they are left out. In a user namespace the kernel lets nobody make them.
    case skip
}

/// How a layer is unpacked.
public struct UnpackOptions: Sendable {
    /// Bounds.
    public var limits = LayerLimits()
    /// Device nodes.
    public var devices = DevicePolicy.standard
    /// Whether opaque directories are marked for an overlay mounted with `userxattr` (`user.overlay.opaque`), as it must
    /// be in a user namespace, instead of `trusted.overlay.opaque`.
    public var userExtendedAttributes = false
    /// Whether ids that are not mapped in the user namespace become our own instead of an error: where a user has one id
    /// only.
    public var squashOwners = false

    /// Whether the archive is a layer: names of whiteouts hide what is below, and an entry may take a directory's place.
    public var isLayer = true

    /// The defaults for root.
    public init() {}
}
