@testable import Launcher

/// A file of variables.
let environmentFileTarget = FuzzTarget(name: "environment-file") { bytes in
    guard let lines = try? EnvironmentFile.lines(bytes) else { return }
    for line in lines where EnvironmentFile.split(line).name.isEmpty {
        fatalError("a variable without a name: \(line)")
    }
}
