import Glibc
import Testing

/// An ordinary user: one of the two that `Tests/Environment/isolated` adds.
enum RootlessUser: UInt32 {
    /// Has subordinate ids.
    case withRange = 61000
    /// Has none: a container of theirs has one user.
    case alone = 61001

    /// Whether the users are there.
    static let exist = Environment.variable("HULL_ISOLATED") != nil

    /// Where everyone may execute what is tested: the build's folder may be closed to others.
    fileprivate static let executables: String = {
        let directory = Environment.shared + "/bin"
        do {
            try tool("mkdir", "-p", directory)
            try tool("chmod", "755", Environment.shared, directory)
            for name in ["hull", "hull-image"] {
                try tool("cp", Environment.executables + "/" + name, directory + "/" + name)
            }
        } catch {
            fatalError("the executables cannot be copied: \(error)")
        }
        return directory
    }()
}

/// Runs a test with a Hull of an ordinary user's own, and then sees to it that nothing is left on the host.
func withRootlessHull(
    _ user: RootlessUser = .withRange, sourceLocation: SourceLocation = #_sourceLocation, _ body: (Hull) throws -> Void
) throws {
    let words = [
        try program("setpriv"), "--reuid", "\(user.rawValue)", "--regid", "\(user.rawValue)", "--clear-groups",
        RootlessUser.executables + "/hull",
    ]
    try withHull(by: words, of: user.rawValue, sourceLocation: sourceLocation, body)
}
