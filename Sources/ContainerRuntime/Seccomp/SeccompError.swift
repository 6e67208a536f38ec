import LinuxSystem

/// Why a seccomp filter cannot be made.
public enum SeccompError: Error, CustomStringConvertible, Equatable {
    /// A profile that is not well formed: where in it, and why.
    case malformed(at: String, reason: String)
    /// Something that the format allows and Hull cannot do.
    case unsupported(String)
    /// libseccomp refused: what was being done, and its error number.
    case library(String, number: CInt)
    /// A call failed.
    case system(SystemError)

    /// The text for people, one line.
    public var description: String {
        switch self {
        case .malformed(let place, let reason):
            place.isEmpty ? "seccomp profile: \(reason)" : "seccomp profile: \(place): \(reason)"
        case .unsupported(let what): "seccomp profile: \(what)"
        case .library(let what, let number):
            "libseccomp cannot make the filter: \(what): \(SystemError("", "", number: number).reason)"
        case .system(let error): "seccomp: \(error)"
        }
    }
}
