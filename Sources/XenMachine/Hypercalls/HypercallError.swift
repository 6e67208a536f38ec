import GuestMemory

/// Why a hypercall is not done.
enum HypercallError: Error, Equatable {
    /// The kernel is told so, by the negative of a Linux error number (Xen's public header errno.h).
    case refused(Int64)
    /// Nobody here knows the hypercall, or this command of it: what the kernel counts on is not there, and the machine ends.
    case unknown(command: UInt64? = nil)

    static let noEntry = HypercallError.refused(-2)
    static let fault = HypercallError.refused(-14)
    static let exists = HypercallError.refused(-17)
    static let invalid = HypercallError.refused(-22)
    static let noSpace = HypercallError.refused(-28)
    /// What is known, and what a kernel does without when it is told that it is not there.
    static let notImplemented = HypercallError.refused(-38)
}
