/// Programs other than Hull that can take part, where they are installed.
enum Peers {
    /// Their names.
    static let known = ["crun", "runc", "podman", "docker", "qemu-microvm"]

    /// The program that one is by name.
    static func program(_ name: String) -> String { name == "qemu-microvm" ? QEMUSide.program : name }

    /// Makes one ready.
    ///
    /// - Parameter path: its program.
    /// - Throws: why it cannot take part.
    static func make(_ name: String, path: String, _ root: PeerRoot) throws(PeerFailure) -> any RunnableSide {
        do {
            switch name {
            case "podman": return try PodmanSide(path: path, root: root)
            case "docker": return try DockerSide(path: path, root: root)
            case QEMUSide.sideName: return try QEMUSide(path: path, root: root)
            default: return try RuntimeSide(name: name, path: path, root: root)
            }
        } catch {
            throw error as? PeerFailure ?? PeerFailure(description: "\(error)")
        }
    }
}

/// Why another program cannot take part.
struct PeerFailure: Error, CustomStringConvertible {
    let description: String
}
