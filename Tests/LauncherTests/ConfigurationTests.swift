import Glibc
import LinuxSystem
import Testing

@testable import Launcher

private func read(_ text: String, over base: Configuration = .init()) throws -> Configuration {
    var result = base
    try result.merge(
        Array(text.utf8), path: "/c.json", origin: .systemFile("/c.json"),
        Surroundings(environment: [:], workingDirectory: "/", processors: 4))
    return result
}

struct ConfigurationTests {
    @Test func everyKeyIsTaken() throws {
        let configuration = try read(
            """
            { "isolation": "vm", "root": "/srv/hull", "pull": "never", "stopTimeout": 30,
              "registries": { "insecure": ["lan:5000"], "mirrors": { "docker.io": ["https://m.example"] } },
              "logDriver": "none", "logOptions": { "max-size": "10m", "max-file": 3 },
              "limits": { "memory": "512m", "cpus": 1.5, "pids": 100 },
              "vm": { "kernel": "/boot/vmlinux", "users": "5000:10" },
              "paths": { "hull-image": "/opt/hull-image" } }
            """)
        #expect(configuration.isolation == .vm && configuration.root == "/srv/hull" && configuration.pull == .never)
        #expect(configuration.insecureRegistries == ["lan:5000"])
        #expect(configuration.mirrors == ["docker.io": ["https://m.example"]])
        #expect(configuration.log.driver == .none && configuration.log.maximumFiles == 3)
        #expect(configuration.log.maximumSize == 10 << 20)
        #expect(configuration.memory == 512 << 20 && configuration.cpuQuota == 150_000 && configuration.pids == 100)
        #expect(configuration.paths == ["hull-image": "/opt/hull-image"] && configuration.stopTimeout == 30)
        #expect(configuration.origin("limits.memory") == .systemFile("/c.json"))
        #expect(configuration.kernel == "/boot/vmlinux" && configuration.origin("vm.users") == .systemFile("/c.json"))
        #expect(configuration.machineUsers == MachineUsers(first: 5000, count: 10, isChosen: true))
    }

    @Test(arguments: [
        ("", "line 1"), ("[]", "should be an object, not an array"), ("{\"color\":1}", "color: is unknown"),
        ("{\"limits\":{\"disk\":1}}", "limits.disk: is unknown"),
        ("{\"limits\":{\"memory\":\"lots\"}}", "limits.memory: 'lots': a size is"),
        ("{\"limits\":{\"memory\":\"1m\"}}", "limits.memory: '1m': the least is 6m"),
        ("{\"limits\":{\"cpus\":99}}", "limits.cpus: '99': it should be from 0.01 to 4"),
        ("{\"limits\":[]}", "limits: should be an object"), ("{\"pull\":true}", "pull: should be a string or a number"),
        ("{\"root\":\"relative\"}", "root: 'relative': it should be an absolute path"),
        ("{\"isolation\":\"jail\"}", "isolation: 'jail': it should be one of"),
        ("{\"registries\":{\"insecure\":[1]}}", "registries.insecure[0]: should be a word"),
        ("{\"registries\":{\"insecure\":[\"a b\"]}}", "registries.insecure[0]: should be a word"),
        ("{\"vm\":{\"user\":\"1:1\"}}", "vm.user: is unknown: kernel and users are known"),
        ("{\"vm\":{\"users\":\"0:9\"}}", "vm.users: '0:9': it should be FIRST:COUNT"),
        ("{\"vm\":{\"users\":\"9:0\"}}", "vm.users: '9:0': it should be FIRST:COUNT"),
        ("{\"vm\":{\"users\":\"4294967290:6\"}}", "vm.users: '4294967290:6': it should be FIRST:COUNT"),
        ("{\"vm\":{\"users\":5000}}", "vm.users: '5000': it should be FIRST:COUNT"),
        ("{\"logOptions\":{\"color\":\"x\"}}", "logOptions.color: 'x': max-size and max-file are known"),
        ("{\"paths\":{\"sh\":\"/bin/sh\"}}", "paths.sh: is unknown"),
        ("{\"pull\":\"never\",\"pull\":\"always\"}", "pull: is there twice"),
        ("{\"a\\u001b[2J\":1}", "a?[2J: is unknown"),
    ])
    func mistakesAreNamedWithTheirPlace(_ text: String, _ message: String) {
        let error = #expect(throws: ConfigurationError.self) { try read(text) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
        #expect(error?.description.hasPrefix("configuration /c.json: ") == true)
    }

    @Test func theExampleIsValid() throws {
        let path = "\(#filePath)".split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/Configs/config.json"
        let bytes = try BoundedFile.read(try OwnedDescriptor.open(path, O_RDONLY), path, limit: 1 << 20)
        let configuration = try read(String(decoding: bytes, as: UTF8.self))
        #expect(configuration.memory == 2 << 30 && configuration.origin("pull") == .systemFile("/c.json"))
    }

    @Test func optionsWinOverFiles() throws {
        let defaults = try read("{\"limits\":{\"memory\":\"512m\",\"cpus\":2,\"pids\":9},\"pull\":\"never\"}")
            .runOptions
        let plain = try runOptions(["box"], defaults: defaults)
        #expect(plain.limits.memory == 512 << 20 && plain.limits.cpuQuota == 200_000 && plain.pull == .never)
        let given = try runOptions(
            ["-m", "0", "--cpus=0", "--pids-limit=5", "--pull=always", "box"], defaults: defaults)
        #expect(given.limits.memory == nil && given.limits.cpuQuota == nil && given.limits.pids == 5)
        #expect(given.pull == .always)
    }

    @Test func theUsersFileIsLaidOverTheSystems() throws {
        let directory = try temporaryDirectory()
        defer { removeTree(directory) }
        try write("{\"pull\":\"never\",\"stopTimeout\":1}", to: directory + "/system.json")
        mkdir(directory + "/hull", 0o755)
        try write("{\"stopTimeout\":2}", to: directory + "/hull/config.json")
        let surroundings = Surroundings(
            environment: ["XDG_CONFIG_HOME": directory], workingDirectory: "/", processors: 1)
        let both = try Configuration.load(chosen: nil, surroundings, systemPath: directory + "/system.json")
        #expect(both.pull == .never && both.stopTimeout == 2)
        #expect(both.origin("pull") == .systemFile(directory + "/system.json"))
        #expect(both.origin("stopTimeout") == .userFile(directory + "/hull/config.json"))
        let one = try Configuration.load(
            chosen: directory + "/hull/config.json", surroundings, systemPath: directory + "/system.json")
        #expect(one.pull == .missing && one.stopTimeout == 2)
        let none = try Configuration.load(chosen: nil, surroundings, systemPath: directory + "/none.json")
        #expect(none.stopTimeout == 2)
        #expect(throws: ConfigurationError.self) {
            try Configuration.load(chosen: directory + "/none.json", surroundings)
        }
    }

    @Test func filesThatOthersCanWriteAreRefused() throws {
        let directory = try temporaryDirectory()
        defer { removeTree(directory) }
        let path = directory + "/c.json"
        try write("{}", to: path)
        chmod(path, 0o666)
        let surroundings = Surroundings(environment: ["HULL_CONFIG": path], workingDirectory: "/", processors: 1)
        let error = #expect(throws: ConfigurationError.self) { try Configuration.load(chosen: nil, surroundings) }
        #expect(error?.reason == "others can write it: chmod go-w")
        let aDirectory = #expect(throws: ConfigurationError.self) {
            try Configuration.load(chosen: directory, surroundings)
        }
        #expect(aDirectory?.reason == "it is no regular file")
    }

    @Test func theStoreIsWhereItWasAskedForFirst() throws {
        var surroundings = Surroundings(
            environment: ["HULL_ROOT": "/env", "HOME": "/home/u"], workingDirectory: "/here", processors: 1)
        var configuration = Configuration()
        configuration.root = "/file"
        #expect(try configuration.store(option: "rel", surroundings, uid: 0).path == "/here/rel")
        #expect(try configuration.store(option: nil, surroundings, uid: 0).path == "/env")
        surroundings.environment["HULL_ROOT"] = ""
        #expect(try configuration.store(option: nil, surroundings, uid: 0).path == "/file")
        configuration.root = nil
        #expect(try configuration.store(option: nil, surroundings, uid: 0).path == "/var/lib/hull")
        #expect(try configuration.store(option: nil, surroundings, uid: 7).path == "/home/u/.local/share/hull")
        surroundings.environment = [:]
        #expect(throws: UnusableOptions.self) { try configuration.store(option: nil, surroundings, uid: 7) }
    }
}
