import OCISpec
import Testing

@testable import Launcher

/// Builds the configuration of a container from words, without a host or layers.
func built(
    _ words: [String], image: ImageConfiguration.Execution = .init(), layers: [String] = [],
    uid: UInt32 = 0, subordinate: SubordinateIDs = .init(), capabilities: [String] = CapabilityNames.all
) throws -> SpecBuilder.Result {
    let configuration = ImageConfiguration(platform: .host, config: image, rootfs: .init(diffIDs: []))
    let id = String(repeating: "0123456789abcdef", count: 4)
    return try SpecBuilder(
        options: try runOptions(words), image: configuration,
        container: .init(id: id, name: "test", directory: "/store/containers/\(id)", layers: layers),
        host: HostFacts(
            uid: uid, gid: uid, capabilities: capabilities, hostname: "thishost", unifiedControlGroups: false,
            subordinateIDs: { subordinate }),
        findProcess: { name in
            guard name == "other" else { throw UnusableOptions("no container '\(name)'") }
            return 4711
        }
    ).build()
}

private func execution(entrypoint: [String]? = nil, cmd: [String]? = nil) -> ImageConfiguration.Execution {
    var execution = ImageConfiguration.Execution()
    execution.entrypoint = entrypoint
    execution.cmd = cmd
    return execution
}

struct SpecificationBuilderTests {
    @Test func withoutWordsTheImagesCommandRuns() throws {
        let spec = try built(["box"], image: execution(entrypoint: ["entry"], cmd: ["command"])).spec
        #expect(spec.process?.args == ["entry", "command"])
    }

    @Test func wordsReplaceTheCommandButNotTheEntryPoint() throws {
        let image = execution(entrypoint: ["entry"], cmd: ["command"])
        #expect(try built(["box", "a", "-b"], image: image).spec.process?.args == ["entry", "a", "-b"])
        #expect(try built(["--entrypoint", "x", "box"], image: image).spec.process?.args == ["x"])
        #expect(try built(["--entrypoint", "", "box", "y"], image: image).spec.process?.args == ["y"])
        #expect(throws: UnusableOptions.self) { try built(["--entrypoint=", "box"], image: image) }
        #expect(throws: UnusableOptions.self) { try built(["box"]) }
    }

    @Test func theEnvironmentIsMergedInDockersOrder() throws {
        var image = execution(cmd: ["x"])
        image.env = ["PATH=/bin", "A=image", "B=image", "broken", "=x"]
        let spec = try built(["-t", "-e", "A=given", "-e", "B", "-e", "N=new", "box"], image: image).spec
        #expect(
            spec.process?.env == [
                "PATH=/bin", "HOSTNAME=0123456789ab", "TERM=xterm", "A=given", "N=new", "HOME=/",
            ])
        image.env = ["A=\u{0}"]
        #expect(throws: UnusableOptions.self) { try built(["box"], image: image) }
    }

    @Test func namespacesAreTheContainersOwnUnlessShared() throws {
        func kinds(_ words: String...) throws -> Set<Spec.Namespace.Kind> {
            Set(try built(words + ["box", "x"]).spec.linux?.namespaces?.map(\.type) ?? [])
        }
        #expect(try kinds() == [.mount, .network, .uts, .ipc, .pid, .cgroup])
        #expect(try kinds("--network=host") == [.mount, .uts, .ipc, .pid, .cgroup])
        #expect(
            try kinds("--pid=host", "--ipc=host", "--uts=host", "--cgroupns=host", "--net=host") == [.mount])
        let joined = try built(["--pid=container:other", "box", "x"]).spec.linux?.namespaces
        #expect(joined?.first { $0.type == .pid }?.path == "/proc/4711/ns/pid")
        #expect(throws: UnusableOptions.self) { try built(["--pid=container:gone", "box", "x"]) }
    }

    @Test func capabilitiesAreDockersUnlessTheyAreChanged() throws {
        func set(_ words: String...) throws -> Spec.Capabilities? {
            try built(words + ["box", "x"]).spec.process?.capabilities
        }
        #expect(try set()?.bounding?.count == 14)
        #expect(try set("--cap-drop=ALL")?.effective == [])
        #expect(try set("--cap-drop=all", "--cap-add=net_raw")?.permitted == ["CAP_NET_RAW"])
        #expect(try set("--cap-add=ALL", "--cap-drop=CAP_SYS_ADMIN")?.bounding?.count == 40)
        #expect(try set("--cap-drop=chown")?.bounding?.contains("CAP_CHOWN") == false)
        let ordinary = try set("-u", "1000")
        #expect(ordinary?.bounding?.count == 14)
        #expect(ordinary?.effective == [] && ordinary?.permitted == [] && ordinary?.ambient == [])
    }

    @Test func capabilitiesThatWeLackAreAnErrorOnlyWhereTheyWereAskedFor() throws {
        let few = ["CAP_CHOWN", "CAP_KILL"]
        let spec = try built(["--privileged", "box", "x"], capabilities: few).spec
        #expect(spec.process?.capabilities?.bounding == few)
        #expect(try built(["box", "x"], capabilities: few).spec.process?.capabilities?.bounding == few)
        #expect(throws: InvalidOption.self) {
            try built(["--cap-add=SYS_RESOURCE", "box", "x"], capabilities: few)
        }
    }

    @Test func privilegedMasksNothing() throws {
        let plain = try built(["box", "x"])
        #expect(plain.spec.linux?.maskedPaths?.contains("/proc/kcore") == true)
        guard case .builtin(let capabilities) = plain.seccomp else {
            Issue.record("no filter")
            return
        }
        #expect(capabilities.count == 14)
        let result = try built(["--privileged", "box", "x"])
        #expect(result.seccomp == .none)
        #expect(result.spec.linux?.maskedPaths == nil && result.spec.linux?.readonlyPaths == nil)
        #expect(result.spec.linux?.resources?.devices == [.init(allow: true, access: "rwm")])
        #expect(result.spec.linux?.devices?.contains { $0.path == "/dev/null" } == false)
    }

    @Test func theFilesInEtcComeFromTheContainersDirectory() throws {
        let result = try built(["-h", "web", "--add-host", "db:10.0.0.7", "--dns=9.9.9.9", "box", "x"])
        let files = Dictionary(uniqueKeysWithValues: result.files.map { ($0.name, $0.content) })
        #expect(files["hostname"] == "web\n")
        #expect(files["hosts"]?.contains("\n127.0.0.1\tweb\n") == true)
        #expect(files["hosts"]?.hasSuffix("10.0.0.7\tdb\n") == true)
        #expect(files["resolv.conf"]?.contains("nameserver 9.9.9.9\n") == true)
        #expect(result.spec.hostname == "web")
        let mount = result.spec.mounts?.first { $0.destination == "/etc/hosts" }
        #expect(mount?.source?.hasPrefix("/store/containers/") == true && mount?.options == ["bind", "rprivate"])
    }

    @Test func mountsAreOrderedByDepthAndReplaceTheStandardOnes() throws {
        let spec = try built(["-v", "/:/a/b/c", "-v", "/:/a:ro", "--tmpfs", "/dev/shm:size=1m,exec", "box", "x"]).spec
        let mounts = try #require(spec.mounts)
        #expect(mounts.suffix(3).map(\.destination) == ["/a", "/dev/shm", "/a/b/c"])
        #expect(mounts.filter { $0.destination == "/dev/shm" }.count == 1)
        #expect(mounts.suffix(3).first?.options == ["rbind", "rprivate", "rro"])
        #expect(
            mounts.last { $0.destination == "/dev/shm" }?.options == ["nosuid", "nodev", "size=1048576", "exec", "rw"])
        #expect(throws: UnusableOptions.self) { try built(["-v", "/no/such/path:/x", "box", "x"]) }
        let host = try built(["-v", "/dev:/dev", "box", "x"]).spec.mounts?.map(\.destination)
        #expect(host?.contains("/dev/pts") == false)
    }

    @Test func limitsAreWrittenOnlyWhereTheyWereAskedFor() throws {
        let plain = try built(["box", "x"]).spec
        #expect(plain.linux?.resources?.memory == nil && plain.linux?.resources?.cpu == nil)
        let result = try built(["-m", "64m", "--cpus=1.5", "--pids-limit=20", "--cpuset-cpus=0-1", "box", "x"])
        let resources = try #require(result.spec.linux?.resources)
        #expect(
            resources.memory?.limit == 64 << 20 && resources.memory?.swap == 128 << 20
                && result.optionalLimits == [.swap])
        #expect(resources.cpu?.quota == 150_000 && resources.cpu?.period == 100_000)
        #expect(resources.pids?.limit == 20 && resources.cpu?.cpus == "0-1")
    }

    @Test func anOrdinaryUsersContainersHaveUsersOfTheirOwn() throws {
        var subordinate = SubordinateIDs()
        subordinate.users = [.init(first: 100_000, count: 65536)]
        subordinate.groups = [.init(first: 200_000, count: 65536)]
        let linux = try built(["box", "x"], uid: 1000, subordinate: subordinate).spec.linux
        #expect(linux?.namespaces?.contains(.init(.user)) == true)
        #expect(
            linux?.uidMappings == [
                .init(containerID: 0, hostID: 1000, size: 1), .init(containerID: 1, hostID: 100_000, size: 65536),
            ])
        #expect(linux?.gidMappings?.last?.hostID == 200_000)
        #expect(linux?.resources == nil)
        let kept = try built(["--userns=keep-id", "box", "x"], uid: 1000, subordinate: subordinate).spec
        #expect(kept.process?.user.uid == 1000)
        #expect(
            kept.linux?.uidMappings == [
                .init(containerID: 0, hostID: 100_000, size: 1000), .init(containerID: 1000, hostID: 1000, size: 1),
                .init(containerID: 1001, hostID: 101_000, size: 64536),
            ])
    }

    @Test func withoutSubordinateIdsOnlyRootExists() throws {
        let result = try built(["box", "x"], uid: 1000)
        #expect(result.warnings.count == 1)
        #expect(result.spec.linux?.uidMappings == [.init(containerID: 0, hostID: 1000, size: 1)])
        #expect(result.spec.process?.user.additionalGids == nil)
        #expect(throws: UnusableOptions.self) { try built(["-u", "5", "box", "x"], uid: 1000) }
        #expect(throws: UnusableOptions.self) { try built(["--userns=host", "box", "x"], uid: 1000) }
        #expect(throws: UnusableOptions.self) { try built(["--userns=auto", "box", "x"]) }
    }
}

struct SpecificationDeviceTests {
    @Test func devicesAreNodesForRootAndBoundForOthers() throws {
        let words = ["--device", "/dev/null:/dev/nothing:r", "box", "x"]
        let root = try built(words).spec
        #expect(root.linux?.devices?.map(\.path) == ["/dev/nothing"])
        #expect(root.linux?.devices?.first?.major == 1 && root.linux?.devices?.first?.minor == 3)
        #expect(root.linux?.resources?.devices?.last?.access == "r")
        let ordinary = try built(words, uid: 1000).spec
        #expect(ordinary.linux?.devices == nil)
        #expect(ordinary.mounts?.first { $0.destination == "/dev/nothing" }?.source == "/dev/null")
        #expect(throws: InvalidOption.self) { try built(["--device", "/etc/passwd", "box", "x"]) }
        #expect(throws: InvalidOption.self) { try built(["--device", "/dev/no-such-device", "box", "x"]) }
        #expect(throws: InvalidOption.self) { try built(["--device-read-bps", "/dev/null:1m", "box", "x"]) }
    }
}
