import Glibc

/// What a run of the tests is given.
enum Environment {
    /// The directory of the executables that are tested.
    static let executables = variable("HULL_EXECUTABLES") ?? ".build/release"

    static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// Whether this process may do what the tests of root's containers need.
    static let isRoot = geteuid() == 0

    /// A directory for what one run of the tests makes once and shares. Removed by who made it.
    static let shared: String = {
        let path = temporaryDirectory("hull-shared")
        atexit { Environment.removeTree(Environment.shared) }
        return path
    }()

    /// A directory for what takes long to make and is kept for later runs: in the build's folder, where
    /// `Tests/Environment/run-tests` names it.
    static let cache: String = {
        guard let given = variable("HULL_TEST_CACHE") else { return shared }
        mkdir(given, 0o755)
        return given
    }()

    /// Makes a directory of a name that nobody has.
    static func temporaryDirectory(_ prefix: String) -> String {
        var template = Array("/tmp/\(prefix)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("mkdtemp in /tmp: errno \(errno)") }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes a directory with all that is in it.
    static func removeTree(_ path: String) {
        _ = try? Child(["/bin/rm", "-rf", "--one-file-system", path], environment: [:]).finish()
    }
}

/// The path of a program that a test needs beside Hull's own.
func program(_ name: String) throws -> String {
    for directory in ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"] {
        let path = "\(directory)/\(name)"
        if access(path, X_OK) == 0 { return path }
    }
    throw MissingProgram(name: name)
}

/// A program that is not installed; `Tests/Environment/packages` lists what is needed.
struct MissingProgram: Error {
    var name: String
}

/// Runs another program than Hull's and expects that it succeeds.
@discardableResult
func tool(_ name: String, _ arguments: String..., input: [UInt8] = []) throws -> Outcome {
    let outcome = try Child(
        [program(name)] + arguments, environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"],
        input: .bytes(input)
    ).finish(seconds: 300)
    guard outcome.status == 0 else { throw FailedProgram(outcome: outcome) }
    return outcome
}

/// A program that failed although the test needs it to succeed.
struct FailedProgram: Error, CustomStringConvertible {
    var outcome: Outcome
    var description: String { outcome.description }
}
