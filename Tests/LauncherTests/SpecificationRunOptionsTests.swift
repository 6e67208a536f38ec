import Testing

@testable import Launcher

struct SpecificationRunOptionsTests {
    @Test func theImageAndItsCommandAreOperands() throws {
        let options = try runOptions(["-it", "--rm", "--name", "web-1", "box", "sh", "-c", "x"])
        #expect(options.image == "box")
        #expect(options.command == ["sh", "-c", "x"])
        #expect(options.interactive && options.terminal && options.removesItself && !options.detach)
        #expect(options.name == "web-1")
        #expect(options.network.mode == .none)
    }

    @Test(arguments: [
        (["-p", "80:80"], "bridge networking is not there yet"), (["-P"], "bridge networking is not there yet"),
        (["--network=bridge"], "bridge networking is not there yet"),
        (["--net", "default"], "bridge networking is not there yet"),
        (["--network=container:x"], "sharing another container's network is not there yet"),
        (["--network=lan"], "invalid value 'lan' for --network: it should be none or host"),
        (["--isolation=vm", "--pid=host"], "--pid has no meaning with --isolation=vm"),
        (["--isolation=auto", "--network=host"], "--network=host has no meaning"),
        (["--isolation=jail"], "invalid value 'jail' for --isolation: it should be one of container, vm, auto"),
        (["--restart=always"], "invalid value 'always' for --restart"),
        (["--name", "a"], "invalid value 'a' for --name"), (["--name", "../x"], "invalid value '../x' for --name"),
        (["--name", "-xx"], "invalid value '-xx' for --name"),
        (["--name", "a\u{1B}[2J"], "invalid value 'a?[2J' for --name"),
        (["--pull=sometimes"], "invalid value 'sometimes' for --pull: it should be one of always, missing, never"),
        (["--platform=a/b/c/d"], "invalid value 'a/b/c/d' for --platform"),
        (["--stop-signal=SIGFOO"], "invalid value 'SIGFOO' for --stop-signal: there is no such signal"),
        (["--stop-signal=65"], "invalid value '65' for --stop-signal"),
        (["--stop-timeout=soon"], "invalid value 'soon' for --stop-timeout"),
        (["--log-driver=syslog"], "invalid value 'syslog' for --log-driver: it should be one of json-file, none"),
        (["--log-opt", "color=1"], "invalid value 'color=1' for --log-opt: max-size and max-file are known"),
        (["--log-opt", "max-file=0"], "invalid value 'max-file=0' for --log-opt"),
        (["--label", "=x"], "invalid value '=x' for --label"), (["-a", "tty"], "invalid value 'tty' for --attach"),
        (["--detach-keys", "ctrl-"], "invalid value 'ctrl-' for --detach-keys"),
        (["--detach-keys", "a,,b"], "invalid value 'a,,b' for --detach-keys"),
        (["-w", "relative"], "invalid value 'relative' for --workdir: it should be an absolute path"),
        (["-u", ""], "invalid value '' for --user"), (["-u", "a:b:c"], "invalid value 'a:b:c' for --user"),
        (["-u", "a:"], "invalid value 'a:' for --user"), (["-e", "=x"], "invalid value '=x' for --env"),
        (["--env-file", "/nonexistent/file"], "invalid value '/nonexistent/file' for --env-file: open"),
    ])
    func whatCannotBeDoneIsRefusedInOneLine(_ words: [String], _ text: String) throws {
        let line = try #require(refusal(words + ["box"]))
        #expect(line.hasPrefix(text), "\(line)")
        #expect(!line.contains("\n"))
    }

    @Test func whatAMicroVMStartsFromIsTaken() throws {
        var defaults = RunOptions(image: "")
        defaults.isolation = .container
        #expect(try runOptions(["box"], defaults: defaults).machine == nil)
        #expect(
            refusal(["--isolation=container", "--kernel=k", "box"])?.hasPrefix("--kernel is for micro-VMs") == true)
        #expect(refusal(["--kernel-arg", "a=b", "box"])?.hasPrefix("--kernel-arg is for micro-VMs") == true)
        #expect(refusal(["--storage-size", "1g", "box"])?.hasPrefix("--storage-size is for micro-VMs") == true)
    }

    @Test(arguments: [
        (["--kernel-arg", "two words"], "invalid value 'two words' for --kernel-arg: it should be one word"),
        (["--kernel-arg", ""], "invalid value '' for --kernel-arg"),
        (["--kernel", ""], "invalid value '' for --kernel"),
        (["--kernel-arg", String(repeating: "x", count: 1025)], "invalid value 'xxx"),
        (["--storage-size", "63m"], "invalid value '63m' for --storage-size: it should be from 64m to 16t"),
        (["--storage-size", "17t"], "invalid value '17t' for --storage-size"),
    ])
    func whatNoMicroVMCanHaveIsRefused(_ words: [String], _ text: String) throws {
        let line = try #require(refusal(words + ["box"]))
        #expect(line.hasPrefix(text), "\(line)")
    }

    @Test func environmentVariablesComeFromOptionsAndFromUs() throws {
        let options = try runOptions(
            ["-e", "A=1", "-e", "B", "-e", "C", "-e", "D=", "-e", "E=x=y", "box"], environment: ["B": "ours"])
        #expect(options.process.environment == ["A=1", "B=ours", "C", "D=", "E=x=y"])
    }

    @Test func environmentFilesAreTakenAsTheyStand() throws {
        let text = "\u{FEFF}# note\n  A=1 \r\n\nB\n\tC=\"q\" # no comment\nD=\n"
        #expect(try EnvironmentFile.lines(Array(text.utf8)) == ["A=1 ", "B", "C=\"q\" # no comment", "D="])
    }

    @Test(arguments: [
        ("=x", "line 1 has no name"), ("A=1\nB C=2", "line 2: a name cannot contain spaces"),
        ("A=\u{0}", "line 1 contains a NUL"),
    ])
    func badEnvironmentFilesAreRefused(_ text: String, _ reason: String) {
        let error = #expect(throws: Unacceptable.self) { try EnvironmentFile.lines(Array(text.utf8)) }
        #expect(error?.reason.hasPrefix(reason) == true)
        #expect(throws: Unacceptable.self) { try EnvironmentFile.lines([0x41, 0x3D, 0xFF]) }
    }

    @Test func anEmptyEntryPointRemovesTheImages() throws {
        #expect(try runOptions(["--entrypoint", "", "box"]).process.entrypoint == [])
        #expect(try runOptions(["--entrypoint", "/bin/sh", "box"]).process.entrypoint == ["/bin/sh"])
        #expect(try runOptions(["box"]).process.entrypoint == nil)
    }

    @Test func detachKeysAreTheBytesThatATerminalSends() throws {
        #expect(try runOptions(["box"]).detachKeys == [16, 17])
        #expect(try runOptions(["--detach-keys", "ctrl-a,d,ctrl-@,ctrl-[", "box"]).detachKeys == [1, 0x64, 0, 27])
    }

    @Test func signalsHaveNamesAndNumbers() throws {
        #expect(try runOptions(["--stop-signal", "quit", "box"]).stopSignal == 3)
        #expect(try runOptions(["--stop-signal", "SIGRTMIN+1", "box"]).stopSignal == 35)
        #expect(try runOptions(["--stop-signal", "9", "box"]).stopSignal == 9)
    }

    @Test func labelsAndAnnotationsAreCollected() throws {
        let options = try runOptions(["-l", "a=1", "-l", "b", "--annotation", "c.d=e=f", "box"])
        #expect(options.labels == ["a": "1", "b": ""])
        #expect(options.annotations == ["c.d": "e=f"])
    }
}
