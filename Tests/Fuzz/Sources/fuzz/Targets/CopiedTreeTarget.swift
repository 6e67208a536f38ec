import AgentProtocol
import Glibc
import LinuxSystem

/// A tree that a guest sends when files are copied out of it. Nothing beside the place that it was given may change.
let copiedTreeTarget = FuzzTarget(name: "copied-tree") { bytes in
    let place = HostilePlace()
    var script = ScriptBytes(bytes)
    // What is refused ends the copy, and is no finding.
    try? receive(&script, in: place.inside)
    place.check()
}

private func receive(_ script: inout ScriptBytes, in directory: String) throws {
    let opened = try OwnedDescriptor.open(directory, O_RDONLY | O_DIRECTORY)
    let kind = script.byte()
    let owner: (user: UInt32, group: UInt32)? = kind & 1 == 0 ? nil : (geteuid(), getegid())
    let writer =
        kind & 2 == 0
        ? try TreeWriter(in: opened, name: "tree", owner: owner) : try TreeWriter(into: opened, owner: owner)
    while !script.isEmpty {
        let action = script.byte()
        switch action & 7 {
        case 0: try writer.take(script.bytes(Int(script.byte())))
        case 1: try writer.take(script.entry(.symbolicLink(script.path(components: action >> 4))))
        case 2, 3: try writer.take(script.entry(.directory))
        default: try writer.take(script.entry(.file(size: script.number(2))))
        }
    }
    try writer.finish()
}

extension ScriptBytes {
    fileprivate mutating func entry(_ kind: CopyEntry.Kind) -> CopyEntry {
        let first = byte()
        return CopyEntry(
            name: path(components: first & 7), kind: kind, mode: UInt32(number(2)), user: UInt32(byte()),
            group: UInt32(byte()), modified: number(first & 8 == 0 ? 4 : 8))
    }

    /// A path of few names, so that one is met again: as a directory, a file or a link.
    fileprivate mutating func path(components: UInt8) -> String {
        let names = ["a", "b", "c", "..", ".", "", "outside", "inside", "tree", "\u{0}", "/"]
        return (0..<components).map { _ in names[Int(byte()) % names.count] }.joined(separator: "/")
    }
}
