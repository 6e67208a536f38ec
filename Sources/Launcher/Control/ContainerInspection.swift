import JSON
import LinuxSystem
import OCISpec

/// What `inspect` tells of a container, in the form of Docker's API.
public struct ContainerInspection {
    private let view: ContainerView
    private let spec: Spec
    private let directory: String
    private let size: Int64?

    /// Reads what is told.
    ///
    /// - Parameter size: whether the bytes of its own files are counted.
    public init(_ name: String, _ store: ContainerStore, size: Bool) throws {
        view = try store.view(named: name)
        spec = try store.spec(view.record.id)
        directory = store.directory(view.record.id)
        self.size = size ? try store.size(view.record) : nil
    }

    private var record: ContainerRecord { view.record }

    /// All of it.
    public var json: JSONValue {
        let arguments = spec.process?.args ?? []
        var members: [(String, JSONValue)] = [
            ("Id", .string(record.id)), ("Created", Self.moment(record.created)),
            ("Path", .string(arguments.first ?? "")), ("Args", .array(arguments.dropFirst().map(JSONValue.string))),
            ("State", state), ("Image", .string(record.image.id)),
            ("ResolvConfPath", .string(directory + "/resolv.conf")),
            ("HostnamePath", .string(directory + "/hostname")), ("HostsPath", .string(directory + "/hosts")),
            ("LogPath", .string(record.logDriver == "json-file" ? directory + "/log.json" : "")),
            ("Name", .string("/" + record.name)), ("RestartCount", 0), ("Driver", "overlay2"), ("Platform", "linux"),
            ("MountLabel", ""), ("ProcessLabel", ""),
            ("AppArmorProfile", .string(spec.process?.apparmorProfile ?? "")), ("ExecIDs", nil),
            ("HostConfig", hostConfiguration), ("GraphDriver", graphDriver),
        ]
        if let size { members.append(("SizeRw", .integer(size))) }
        members += [
            ("Mounts", .array(mounts)), ("Config", configuration), ("NetworkSettings", networkSettings),
            ("Isolation", .string(record.isolation)),
        ]
        return .object(JSONObject(members.map { JSONObject.Member(key: $0.0, value: $0.1) }))
    }

    private static let never = "0001-01-01T00:00:00Z"

    private static func moment(_ nanoseconds: Int64) -> JSONValue {
        .string(nanoseconds == 0 ? never : WallClock(nanoseconds: nanoseconds).rfc3339)
    }

    private var state: JSONValue {
        var (pid, code, oomKilled, error): (Int64, Int64, Bool, String) = (0, 0, false, "")
        var (started, finished): (Int64, Int64) = (0, 0)
        switch view.lifecycle {
        case .created: break
        case .running(let running): (pid, started) = (Int64(running.container.pid), running.startedAt)
        case .exited(let exited):
            (code, oomKilled, error) = (Int64(exited.code), exited.oomKilled, exited.error)
            (started, finished) = (exited.startedAt, exited.startedAt == 0 ? 0 : exited.finishedAt)
        }
        return [
            "Status": .string(view.status), "Running": .bool(view.running != nil), "Paused": .bool(view.isPaused),
            "Restarting": false, "OOMKilled": .bool(oomKilled), "Dead": false, "Pid": .integer(pid),
            "ExitCode": .integer(code), "Error": .string(error), "StartedAt": Self.moment(started),
            "FinishedAt": Self.moment(finished),
        ]
    }

    private var configuration: JSONValue {
        let process = spec.process
        return [
            "Hostname": .string(spec.hostname ?? ""), "Domainname": .string(spec.domainname ?? ""),
            "User": .string(process.map { "\($0.user.uid):\($0.user.gid)" } ?? ""),
            "AttachStdin": .bool(record.closesInput), "Tty": .bool(record.terminal),
            "OpenStdin": .bool(record.interactive), "StdinOnce": .bool(record.closesInput),
            "Env": Self.texts(process?.env), "Cmd": Self.texts(record.command), "Image": .string(record.image.name),
            "WorkingDir": .string(process?.cwd ?? "/"),
            "Labels": .object(
                JSONObject(
                    record.labels.sorted { $0.key < $1.key }.map {
                        JSONObject.Member(key: $0.key, value: .string($0.value))
                    })), "StopSignal": .string(SignalNames.name(of: record.stopSignal)),
            "StopTimeout": .integer(Int64(record.stopTimeout)),
        ]
    }

    private static func texts(_ texts: [String]?) -> JSONValue {
        texts.map { .array($0.map(JSONValue.string)) } ?? .null
    }

    private var hostConfiguration: JSONValue {
        let resources = spec.linux?.resources
        let namespaces = spec.linux?.namespaces ?? []
        func mode(_ kind: Spec.Namespace.Kind) -> JSONValue {
            guard let namespace = namespaces.first(where: { $0.type == kind }) else { return "host" }
            return namespace.path == nil ? "private" : .string(namespace.path ?? "")
        }
        let limits = spec.process?.rlimits ?? []
        return [
            "Binds": .array(
                mounts.compactMap { mount in
                    guard mount["Type"] == "bind", let source = mount["Source"]?.stringValue,
                        let destination = mount["Destination"]?.stringValue
                    else { return nil }
                    return .string("\(source):\(destination)" + (mount["RW"] == true ? "" : ":ro"))
                }), "NetworkMode": .string(record.network), "AutoRemove": .bool(record.removesItself),
            "RestartPolicy": ["Name": "no", "MaximumRetryCount": 0], "LogConfig": logConfiguration,
            "Memory": .integer(resources?.memory?.limit ?? 0), "MemorySwap": .integer(resources?.memory?.swap ?? 0),
            "MemoryReservation": .integer(resources?.memory?.reservation ?? 0),
            "CpuShares": .integer(Int64(clamping: resources?.cpu?.shares ?? 0)),
            "CpuPeriod": .integer(Int64(clamping: resources?.cpu?.period ?? 0)),
            "CpuQuota": .integer(resources?.cpu?.quota ?? 0), "CpusetCpus": .string(resources?.cpu?.cpus ?? ""),
            "CpusetMems": .string(resources?.cpu?.mems ?? ""),
            "PidsLimit": resources?.pids.map { .integer($0.limit) } ?? .null,
            "OomScoreAdj": .integer(Int64(spec.process?.oomScoreAdj ?? 0)), "Privileged": .bool(record.privileged),
            "ReadonlyRootfs": .bool(spec.root?.readonly ?? false), "Init": .bool(record.usesInit),
            "PidMode": mode(.pid), "IpcMode": mode(.ipc), "UTSMode": mode(.uts), "CgroupnsMode": mode(.cgroup),
            "Capabilities": Self.texts(spec.process?.capabilities?.bounding),
            "Ulimits": .array(
                limits.map {
                    [
                        "Name": .string($0.type.dropFirst("RLIMIT_".count).lowercased()),
                        "Soft": .integer(Int64(bitPattern: $0.soft)), "Hard": .integer(Int64(bitPattern: $0.hard)),
                    ]
                }), "CgroupParent": .string(spec.linux?.cgroupsPath ?? ""), "Runtime": "hull",
        ]
    }

    private var logConfiguration: JSONValue {
        var options: [JSONObject.Member] = []
        if let size = record.logSize { options.append(.init(key: "max-size", value: .string("\(size)"))) }
        if record.logFiles > 1 { options.append(.init(key: "max-file", value: .string("\(record.logFiles)"))) }
        return ["Type": .string(record.logDriver), "Config": .object(JSONObject(options))]
    }

    private var graphDriver: JSONValue {
        [
            "Name": "overlay2",
            "Data": [
                "LowerDir": .string(record.layers.joined(separator: ":")), "MergedDir": .string(directory + "/rootfs"),
                "UpperDir": .string(directory + "/upper"), "WorkDir": .string(directory + "/work"),
            ],
        ]
    }

    private var networkSettings: JSONValue {
        ["Ports": [:], "Networks": .object(JSONObject([.init(key: record.network, value: [:])]))]
    }

    /// What every container has and nobody asked for.
    private static let standard: Set<String> = [
        "/proc", "/dev", "/dev/pts", "/sys", "/sys/fs/cgroup", "/dev/mqueue", "/dev/shm",
    ]

    private var mounts: [JSONValue] {
        (spec.mounts ?? []).compactMap { mount in
            let source = mount.source ?? ""
            let isOurs = source.hasPrefix(directory + "/") && mount.destination.hasPrefix("/etc/")
            if isOurs || (Self.standard.contains(mount.destination) && mount.type != "bind") { return nil }
            let options = mount.options ?? []
            return [
                "Type": .string(mount.type ?? "bind"), "Source": .string(mount.type == "tmpfs" ? "" : source),
                "Destination": .string(mount.destination), "Mode": .string(options.joined(separator: ",")),
                "RW": .bool(!options.contains("ro") && !options.contains("rro")),
                "Propagation": .string(options.last { MountOption.propagations.contains($0) } ?? ""),
            ]
        }
    }
}
