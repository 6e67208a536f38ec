import Glibc
import ImageStore
import LinuxSystem

/// Makes the disk that a guest starts from, where it is not there: the agent as `/init`, and the directories that it mounts
/// upon.
///
/// - Parameter agent: the path of `hull-agent`.
/// - Returns: the disk's path.
public func makeAgentDisk(_ agent: String, in store: ImageStore) throws(ArchiveError) -> String {
    if try archiving({ () throws(SystemError) in try ProgramFile.needsLoader(agent) }) {
        throw .unsupported(
            "\(agent) is linked dynamically, and a guest has nothing that could load it: build hull-agent for release")
    }
    let hold = try storing { () throws(StoreError) in try store.hold() }
    let path = try storing { () throws(StoreError) in try store.agentDisk(agent: agent) }
    if let disk = try storing({ () throws(StoreError) in try store.makeDiskWork(path) }) {
        let contents = try storing { () throws(StoreError) in try store.makeDiskContents() }
        // What cannot be removed now has a temporary name and is swept later.
        defer { try? TreeRemoval.remove(contents) }
        try archiving { () throws(SystemError) in
            for name in ["proc", "sys", "dev", "run"] {
                try systemCall("mkdir", name) { unsafe mkdir("\(contents)/\(name)", 0o755) }
            }
            try place(agent, contents + "/init")
        }
        try ErofsProgram.fill(disk, from: contents, options: ["-T0", "--all-root"])
        try storing { () throws(StoreError) in try disk.place() }
    }
    _ = consume hold
    return path
}

/// Copies the agent, without the symbols that nobody reads in a guest where strip(1) is there to take them away.
private func place(_ agent: String, _ target: String) throws(SystemError) {
    if let strip = ChildProgram.find("strip") {
        let output = try ChildProgram.output(of: strip, ["-o", target, agent], stream: 2, silent: true)
        if output.status == 0 { return }
    }
    let source = try OwnedDescriptor.open(agent, O_RDONLY)
    let file = try OwnedDescriptor.open(target, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o755)
    while try systemCall("sendfile", target, { sendfile(file.number, source.number, nil, 1 << 30) }) > 0 {}
}
