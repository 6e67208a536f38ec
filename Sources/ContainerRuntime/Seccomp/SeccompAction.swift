/// The actions of the runtime specification ("Seccomp", `action`) as seccomp(2) returns them.
enum SeccompAction: String {
    case kill = "SCMP_ACT_KILL"
    case killThread = "SCMP_ACT_KILL_THREAD"
    case killProcess = "SCMP_ACT_KILL_PROCESS"
    case trap = "SCMP_ACT_TRAP"
    case errno = "SCMP_ACT_ERRNO"
    case trace = "SCMP_ACT_TRACE"
    case allow = "SCMP_ACT_ALLOW"
    case log = "SCMP_ACT_LOG"
    case notify = "SCMP_ACT_NOTIFY"

    /// The filter's return value.
    ///
    /// - Parameter number: the error number, EPERM (1) without it.
    func value(_ number: UInt32?) -> UInt32 {
        let data = (number ?? 1) & 0xFFFF
        return switch self {
        case .kill, .killThread: 0x0000_0000
        case .killProcess: 0x8000_0000
        case .trap: 0x0003_0000
        case .errno: 0x0005_0000 | data
        case .trace: 0x7FF0_0000 | data
        case .allow: 0x7FFF_0000
        case .log: 0x7FFC_0000
        case .notify: 0x7FC0_0000
        }
    }

    /// Whether the call is made.
    var permits: Bool { self == .allow || self == .log }

    /// The name itself, when it is one that is supported.
    static func checked(_ name: String, at place: String) throws(SeccompError) -> String {
        try parse(name, at: place).rawValue
    }

    /// Reads a name.
    static func parse(_ name: String, at place: String) throws(SeccompError) -> SeccompAction {
        guard let action = SeccompAction(rawValue: name) else {
            throw .malformed(at: place, reason: "\"\(name.prefix(40))\" is no action such as SCMP_ACT_ALLOW")
        }
        if action == .notify {
            throw .unsupported(
                "\(place): SCMP_ACT_NOTIFY, deciding on system calls in user space, is not supported yet")
        }
        return action
    }
}

/// How an argument is compared (`enum scmp_compare`).
enum SeccompComparison: String {
    case notEqual = "SCMP_CMP_NE"
    case less = "SCMP_CMP_LT"
    case lessOrEqual = "SCMP_CMP_LE"
    case equal = "SCMP_CMP_EQ"
    case greaterOrEqual = "SCMP_CMP_GE"
    case greater = "SCMP_CMP_GT"
    case maskedEqual = "SCMP_CMP_MASKED_EQ"

    /// libseccomp's number.
    var number: UInt32 {
        switch self {
        case .notEqual: 1
        case .less: 2
        case .lessOrEqual: 3
        case .equal: 4
        case .greaterOrEqual: 5
        case .greater: 6
        case .maskedEqual: 7
        }
    }
}

/// Flags of seccomp(2) by the specification's names.
enum SeccompFlag {
    static func value(of names: [String]) throws(SeccompError) -> UInt32 {
        var value: UInt32 = 0
        for (index, name) in names.enumerated() {
            switch name {
            // All threads: a workload starts with one, so there is nothing to do.
            case "SECCOMP_FILTER_FLAG_TSYNC": break
            case "SECCOMP_FILTER_FLAG_LOG": value |= 1 << 1
            case "SECCOMP_FILTER_FLAG_SPEC_ALLOW": value |= 1 << 2
            case "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV":
                throw .unsupported("flags[\(index)]: \(name) belongs to SCMP_ACT_NOTIFY, which is not supported yet")
            default:
                throw .malformed(at: "flags[\(index)]", reason: "\"\(name.prefix(60))\" is no flag of seccomp(2)")
            }
        }
        return value
    }
}
