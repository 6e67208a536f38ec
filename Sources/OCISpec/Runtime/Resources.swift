extension Spec {
    /// Limits that control groups enforce (config-linux.md, "Control groups").
    public struct Resources: Codable, Equatable, Sendable {
        /// Access to devices.
        public var devices: [DeviceRule]?
        /// Memory.
        public var memory: Memory?
        /// Processors.
        public var cpu: CPU?
        /// Processes and threads.
        public var pids: Pids?
        /// Block devices.
        public var blockIO: BlockIO?
        /// Files of cgroup v2 that are written as they are.
        public var unified: [String: String]?

        /// Makes none.
        public init() {}

        /// Access to devices, by type and number.
        public struct DeviceRule: Codable, Equatable, Sendable {
            /// Whether it allows or denies.
            public var allow: Bool
            /// `a`, `b` or `c`.
            public var type: String?
            /// Major number; any without it.
            public var major: Int64?
            /// Minor number; any without it.
            public var minor: Int64?
            /// Of `r`, `w`, `m`.
            public var access: String?

            /// Makes a rule.
            public init(
                allow: Bool, type: String? = nil, major: Int64? = nil, minor: Int64? = nil, access: String? = nil
            ) {
                self.allow = allow
                self.type = type
                self.major = major
                self.minor = minor
                self.access = access
            }
        }

        /// Memory, in bytes; -1 is no limit.
        public struct Memory: Codable, Equatable, Sendable {
            /// Most that may be used.
            public var limit: Int64?
            /// What reclaim aims at.
            public var reservation: Int64?
            /// Most memory and swap together.
            public var swap: Int64?
            /// 0 to 100 (v1).
            public var swappiness: UInt64?
            /// Whether the OOM killer stays out (v1).
            public var disableOOMKiller: Bool?

            enum CodingKeys: String, CodingKey {
                case limit, reservation, swap, swappiness
                case disableOOMKiller = "disableOOMKiller"
            }

            /// Makes none.
            public init() {}
        }

        /// Processors.
        public struct CPU: Codable, Equatable, Sendable {
            /// Weight, 2 to 262144 (v1's scale).
            public var shares: UInt64?
            /// Microseconds in a period.
            public var quota: Int64?
            /// The period, in microseconds.
            public var period: UInt64?
            /// Processors, as `0-2,4`.
            public var cpus: String?
            /// Memory nodes.
            public var mems: String?
            /// Whether it only runs when nothing else does (v2).
            public var idle: Int64?

            /// Makes none.
            public init() {}
        }

        /// Processes and threads.
        public struct Pids: Codable, Equatable, Sendable {
            /// At most; -1 or 0 is no limit.
            public var limit: Int64

            /// Makes a limit.
            public init(limit: Int64) {
                self.limit = limit
            }
        }

        /// Block devices.
        public struct BlockIO: Codable, Equatable, Sendable {
            /// Weight, 10 to 1000.
            public var weight: UInt16?
            /// Bytes a second read.
            public var throttleReadBpsDevice: [Throttle]?
            /// Bytes a second written.
            public var throttleWriteBpsDevice: [Throttle]?
            /// Operations a second read.
            public var throttleReadIOPSDevice: [Throttle]?
            /// Operations a second written.
            public var throttleWriteIOPSDevice: [Throttle]?

            /// Makes none.
            public init() {}
        }

        /// A device's rate.
        public struct Throttle: Codable, Equatable, Sendable {
            /// Major number.
            public var major: Int64
            /// Minor number.
            public var minor: Int64
            /// A second.
            public var rate: UInt64

            /// Makes a rate.
            public init(major: Int64, minor: Int64, rate: UInt64) {
                self.major = major
                self.minor = minor
                self.rate = rate
            }
        }
    }
}
