import GuestMemory

/// What a hypercall answers when it refuses: the negative of a Linux error number (Xen's public header errno.h).
struct HypercallError: Error, Equatable {
    let value: Int64

    static let noEntry = HypercallError(value: -2)
    static let fault = HypercallError(value: -14)
    static let exists = HypercallError(value: -17)
    static let invalid = HypercallError(value: -22)
    static let noSpace = HypercallError(value: -28)
    static let notImplemented = HypercallError(value: -38)
}
