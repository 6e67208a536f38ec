@testable import Launcher

/// An image's /etc/passwd and /etc/group, one behind the other with a zero byte between.
let userDatabaseTarget = FuzzTarget(name: "user-database") { bytes in
    let parts = bytes.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false).map(Array.init)
    let database = UserDatabase(passwd: parts[0], group: parts.count > 1 ? parts[1] : [])
    for user in [nil, "root", "daemon", "1000", "0:daemon", "user:100"] {
        _ = try? database.resolve(user, groups: ["audio", "7"])
    }
    if parts.count > 2 { _ = try? database.resolve(String(decoding: parts[2], as: UTF8.self)) }
}
