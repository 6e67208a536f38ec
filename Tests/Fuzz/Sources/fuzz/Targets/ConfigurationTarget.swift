@testable import Launcher

/// A configuration file.
let configurationTarget = FuzzTarget(name: "configuration") { bytes in
    var configuration = Configuration()
    try? configuration.merge(
        bytes, path: "config.json", origin: .chosenFile("config.json"),
        Surroundings(environment: ["HOME": "/home/user"], workingDirectory: "/"))
}
