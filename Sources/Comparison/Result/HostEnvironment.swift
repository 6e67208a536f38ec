/// The host, and what else it did meanwhile.
public struct HostEnvironment: Codable, Sendable, Equatable {
    /// The processor's name.
    public var processor: String
    /// How many processors there are.
    public var processors: Int
    /// Memory in bytes.
    public var memory: Double
    /// The kernel's name and release.
    public var kernel: String
    /// What kind of KVM there is: `hardware`, `software`, `none` or `not usable`.
    public var kvm: String
    /// Hull's version.
    public var hull: String
    /// The load average of a minute before the first round.
    public var loadBefore: Double
    /// The load average of a minute after the last round.
    public var loadAfter: Double
    /// The share of the processors' time that the hypervisor gave to others meanwhile, 0 to 1.
    public var stolen: Double

    /// Makes an environment.
    public init(
        processor: String, processors: Int, memory: Double, kernel: String, kvm: String, hull: String,
        loadBefore: Double = 0, loadAfter: Double = 0, stolen: Double = 0
    ) {
        self.processor = processor
        self.processors = processors
        self.memory = memory
        self.kernel = kernel
        self.kvm = kvm
        self.hull = hull
        self.loadBefore = loadBefore
        self.loadAfter = loadAfter
        self.stolen = stolen
    }
}
