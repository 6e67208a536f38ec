import CommandLineOptions
import Glibc
import Launcher

/// Where a command works: the surroundings, the configuration, and the store.
struct Place {
    let surroundings: Surroundings
    let configuration: Configuration
    let host: HostFacts
    let store: (path: String, origin: Configuration.Origin)

    init(_ arguments: Arguments) throws {
        surroundings = try Surroundings.current()
        configuration = try Configuration.load(chosen: arguments.global("--config"), surroundings)
        host = try HostFacts.current()
        store = try configuration.store(option: arguments.global("--root"), surroundings, uid: geteuid())
    }
}
