import Glibc
import LinuxSystem
import OCISpec

extension SpecBuilder {
    /// Directories of /dev that belong to file systems of the container's own.
    private static let ownDirectories: Set<String> = ["/dev/pts", "/dev/shm", "/dev/mqueue", "/dev/fd"]
    /// Nodes that every container has, with another meaning than on the host.
    private static let ownNodes: Set<String> = [
        "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/console", "/dev/ptmx",
    ]
    /// Deepest directory of /dev that is looked into.
    private static let maximumDepth = 8

    /// The nodes that are made in the container besides the standard ones.
    func devices(hasUsers: Bool) throws -> [Spec.Device]? {
        var result: [Spec.Device] = []
        // A guest has none of the host's.
        if options.security.privileged, options.isolation.resolved != .vm {
            result = Self.nodes(below: "/dev", as: "/dev", depth: 0)
        }
        // In a user namespace no node can be made; the host's are bound instead, by `mounts`.
        for device in hasUsers ? [] : try requestedDevices() {
            result.removeAll { $0.path == device.node.path }
            result.append(device.node)
        }
        return result.isEmpty ? nil : result
    }

    /// A device that was asked for.
    struct RequestedDevice {
        let node: Spec.Device
        /// On the host.
        let source: String
        /// Of `r`, `w`, `m`.
        let access: String
    }

    /// What `--device` asked for: nodes, or all nodes of a directory.
    func requestedDevices() throws -> [RequestedDevice] {
        var result: [RequestedDevice] = []
        for option in options.devices {
            guard let status = NodeStatus(following: option.source) else {
                throw InvalidOption(option: "--device", value: option.source, reason: "there is no such device")
            }
            if status.isDirectory {
                let nodes = Self.nodes(below: option.source, as: option.destination, depth: 0)
                if nodes.isEmpty {
                    throw InvalidOption(option: "--device", value: option.source, reason: "no device is in it")
                }
                result += nodes.map { node in
                    let source = option.source + node.path.dropFirst(option.destination.count)
                    return RequestedDevice(node: node, source: source, access: option.access)
                }
            } else if let device = Self.device(status, at: option.destination) {
                result.append(RequestedDevice(node: device, source: option.source, access: option.access))
            } else {
                throw InvalidOption(option: "--device", value: option.source, reason: "it is no device")
            }
        }
        return result
    }

    private static func device(_ status: NodeStatus, at path: String) -> Spec.Device? {
        guard status.isCharacterDevice || status.isBlockDevice else { return nil }
        var device = Spec.Device(
            type: status.isBlockDevice ? "b" : "c", path: path, major: status.major, minor: status.minor,
            fileMode: status.permissions)
        device.uid = status.owner
        device.gid = status.group
        return device
    }

    /// All nodes in a directory of the host, without those that every container has.
    private static func nodes(below source: String, as destination: String, depth: Int) -> [Spec.Device] {
        if depth > maximumDepth || ownDirectories.contains(source) { return [] }
        // A directory that vanishes while it is read has no nodes.
        guard let directory = try? OwnedDescriptor.open(source, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else { return [] }
        var result: [Spec.Device] = []
        for name in (try? WholeFile.names(of: directory.number)) ?? [] {
            let (from, to) = ("\(source)/\(name)", "\(destination)/\(name)")
            guard let status = NodeStatus(name, in: directory.number), !ownNodes.contains(to) else { continue }
            if status.isDirectory {
                result += nodes(below: from, as: to, depth: depth + 1)
            } else if let device = device(status, at: to) {
                result.append(device)
            }
        }
        return result
    }
}
