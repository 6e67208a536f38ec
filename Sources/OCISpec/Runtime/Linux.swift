extension Spec {
    /// What is Linux's own (config-linux.md).
    public struct Linux: Codable, Equatable, Sendable {
        /// The namespaces that are made or joined; one not named is the runtime's own.
        public var namespaces: [Namespace]?
        /// Users of the user namespace.
        public var uidMappings: [IDMapping]?
        /// Groups of the user namespace.
        public var gidMappings: [IDMapping]?
        /// Offsets of the time namespace, by clock: `monotonic`, `boottime`.
        public var timeOffsets: [String: TimeOffset]?
        /// Devices besides the standard ones.
        public var devices: [Device]?
        /// The control group's path.
        public var cgroupsPath: String?
        /// Limits.
        public var resources: Resources?
        /// Propagation of the root mount: `private`, `slave`, `shared`, `unbindable` and with `r` before.
        public var rootfsPropagation: String?
        /// System calls that are allowed.
        public var seccomp: Seccomp?
        /// Kernel parameters of the container's namespaces.
        public var sysctl: [String: String]?
        /// Paths that cannot be seen.
        public var maskedPaths: [String]?
        /// Paths that cannot be written.
        public var readonlyPaths: [String]?
        /// The SELinux label of mounts.
        public var mountLabel: String?

        /// Makes an empty one.
        public init() {}
    }

    /// One namespace (config-linux.md, "Namespaces").
    public struct Namespace: Codable, Equatable, Sendable {
        /// Which one.
        public var type: Kind
        /// The one to join, as `/proc/1/ns/net`; a new one without it.
        public var path: String?

        /// Makes a namespace.
        public init(_ type: Kind, path: String? = nil) {
            self.type = type
            self.path = path
        }

        /// The kinds of namespaces.
        public enum Kind: String, Codable, Sendable, CaseIterable {
            case pid, network, mount, ipc, uts, user, cgroup, time
        }
    }

    /// An offset of a clock.
    public struct TimeOffset: Codable, Equatable, Sendable {
        /// Whole seconds.
        public var secs: Int64?
        /// Nanoseconds.
        public var nanosecs: UInt32?

        /// Makes an offset.
        public init(secs: Int64?, nanosecs: UInt32? = nil) {
            self.secs = secs
            self.nanosecs = nanosecs
        }
    }

    /// A device node (config-linux.md, "Devices").
    public struct Device: Codable, Equatable, Sendable {
        /// `c`, `b`, `u` or `p`.
        public var type: String
        /// Absolute in the container.
        public var path: String
        /// Major number.
        public var major: Int64?
        /// Minor number.
        public var minor: Int64?
        /// Permission bits.
        public var fileMode: UInt32?
        /// Owner in the container.
        public var uid: UInt32?
        /// Group in the container.
        public var gid: UInt32?

        /// Makes a device.
        public init(type: String, path: String, major: Int64?, minor: Int64?, fileMode: UInt32? = nil) {
            self.type = type
            self.path = path
            self.major = major
            self.minor = minor
            self.fileMode = fileMode
        }
    }

    /// A seccomp filter (config-linux.md, "Seccomp").
    public struct Seccomp: Codable, Equatable, Sendable {
        /// What happens to a call that no rule names: `SCMP_ACT_ERRNO` and so on.
        public var defaultAction: String
        /// The error number of SCMP_ACT_ERRNO.
        public var defaultErrnoRet: UInt32?
        /// `SCMP_ARCH_X86_64` and so on.
        public var architectures: [String]?
        /// `SECCOMP_FILTER_FLAG_LOG` and so on.
        public var flags: [String]?
        /// Rules.
        public var syscalls: [Rule]?

        /// Makes a filter.
        public init(
            defaultAction: String, defaultErrnoRet: UInt32? = nil, architectures: [String]? = nil,
            flags: [String]? = nil, syscalls: [Rule]? = nil
        ) {
            self.defaultAction = defaultAction
            self.defaultErrnoRet = defaultErrnoRet
            self.architectures = architectures
            self.flags = flags
            self.syscalls = syscalls
        }

        /// What happens to some system calls.
        public struct Rule: Codable, Equatable, Sendable {
            /// The calls.
            public var names: [String]
            /// What happens.
            public var action: String
            /// The error number of SCMP_ACT_ERRNO.
            public var errnoRet: UInt32?
            /// All must hold.
            public var args: [Argument]?

            /// Makes a rule.
            public init(names: [String], action: String, errnoRet: UInt32? = nil, args: [Argument]? = nil) {
                self.names = names
                self.action = action
                self.errnoRet = errnoRet
                self.args = args
            }
        }

        /// A condition on one argument.
        public struct Argument: Codable, Equatable, Sendable {
            /// Which argument, from 0.
            public var index: UInt32
            /// To compare with; the mask of SCMP_CMP_MASKED_EQ.
            public var value: UInt64
            /// What remains under the mask.
            public var valueTwo: UInt64?
            /// `SCMP_CMP_EQ` and so on.
            public var op: String

            /// Makes a condition.
            public init(index: UInt32, value: UInt64, valueTwo: UInt64? = nil, op: String) {
                self.index = index
                self.value = value
                self.valueTwo = valueTwo
                self.op = op
            }
        }
    }
}
