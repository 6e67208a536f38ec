import Testing

@testable import Launcher

struct SpecificationValueTests {
    @Test(arguments: [
        ("0", Int64(0)), ("7", 7), ("512m", 536_870_912), ("512M", 536_870_912), ("1.5g", 1_610_612_736),
        ("64 MB", 67_108_864), ("1KiB", 1024), ("1kib", 1024), ("3b", 3), ("2t", 2_199_023_255_552),
        ("0.5k", 512), ("9007199254740993", 9_007_199_254_740_993),
    ])
    func sizesHaveDockersUnits(_ text: String, _ bytes: Int64) throws {
        #expect(try Quantity.bytes(text) == bytes)
    }

    @Test(arguments: [
        "", "m", "-1", "-1m", "+1", "1x", "1mm", "1 2", "1.m", ".5m", "1.2.3m", "1e3", "0x10", "inf", "nan", "1ib",
        "9999999999999999999", "9000000p", "10000000000.5p", "1m ", "١٢", "1\n", "1bb",
    ])
    func whatIsNoSizeIsRefused(_ text: String) {
        #expect(throws: Unacceptable.self) { try Quantity.bytes(text) }
    }

    @Test(arguments: [
        ("0-2,4", true), ("0", true), ("0,1,2", true), ("", false), ("2-1", false), ("a", false), ("0-", false),
        ("0,,1", false), ("-1", false), ("99999", false), ("0 1", false), ("0-1-2", false), ("+1", false),
    ])
    func listsOfProcessors(_ text: String, _ valid: Bool) {
        #expect((try? Quantity.list(text)) == (valid ? text : nil))
    }

    @Test(arguments: [
        (["-m", "5m"], "invalid value '5m' for --memory: the least is 6m"),
        (["-m", "x"], "invalid value 'x' for --memory: a size is"),
        (["--memory-swap", "1g"], "--memory-swap needs --memory"),
        (["-m", "1g", "--memory-swap", "512m"], "--memory-swap is memory and swap together"),
        (["-m", "64m", "--memory-reservation", "65m"], "--memory-reservation cannot be more"),
        (["--memory-swappiness", "101"], "invalid value '101' for --memory-swappiness"),
        (["--cpus", "5"], "invalid value '5' for --cpus: it should be from 0.01 to 4"),
        (["--cpus", "-1"], "invalid value '-1' for --cpus"), (["--cpus", "1e1"], "invalid value '1e1' for --cpus"),
        (["--cpus", ""], "invalid value '' for --cpus"), (["--cpus", "."], "invalid value '.' for --cpus"),
        (["--cpus", "1", "--cpu-quota", "5000"], "--cpus already says"),
        (["--cpu-quota", "5"], "invalid value '5' for --cpu-quota: it should be at least 1000"),
        (["--cpu-period", "1000001"], "invalid value '1000001' for --cpu-period"),
        (["--cpu-shares", "-1"], "invalid value '-1' for --cpu-shares"),
        (["--cpuset-cpus", "all"], "invalid value 'all' for --cpuset-cpus"),
        (["--pids-limit", "many"], "invalid value 'many' for --pids-limit"),
        (["--pids-limit", "-2"], "invalid value '-2' for --pids-limit"),
        (["--blkio-weight", "9"], "invalid value '9' for --blkio-weight"),
        (["--device-read-bps", "/dev/sda"], "invalid value '/dev/sda' for --device-read-bps"),
        (["--device-write-iops", "sda:1"], "invalid value 'sda:1' for --device-write-iops"),
        (["--oom-score-adj", "1001"], "invalid value '1001' for --oom-score-adj"),
        (["--ulimit", "nofile"], "invalid value 'nofile' for --ulimit"),
        (["--ulimit", "files=1"], "invalid value 'files=1' for --ulimit: 'files' is none of"),
        (["--ulimit", "nofile=2:1"], "invalid value 'nofile=2:1' for --ulimit: the soft limit is above"),
        (["--ulimit", "nofile=1:2:3"], "invalid value 'nofile=1:2:3' for --ulimit"),
        (["--ulimit", "nofile=-2"], "invalid value 'nofile=-2' for --ulimit"),
        (["--cgroup-parent", "/a/../b"], "invalid value '/a/../b' for --cgroup-parent"),
        (["--cgroup-parent", ""], "invalid value '' for --cgroup-parent"),
        (["--cap-add", "FLY"], "invalid value 'FLY' for --cap-add: there is no such capability"),
        (["--security-opt", "seccomp"], "invalid value 'seccomp' for --security-opt"),
        (["--security-opt", "no-new-privileges=perhaps"], "invalid value 'no-new-privileges=perhaps'"),
        (["--security-opt", "fast"], "invalid value 'fast' for --security-opt"),
        (["--sysctl", "kernel.panic=1"], "invalid value 'kernel.panic=1' for --sysctl: it is the host's"),
        (["--sysctl", "net..x=1"], "invalid value 'net..x=1' for --sysctl"),
        (["--sysctl", "net/../kernel/panic=1"], "invalid value 'net/../kernel/panic=1' for --sysctl"),
        (["--sysctl", "net.a"], "invalid value 'net.a' for --sysctl: it should be NAME=VALUE"),
        (["--network=host", "--sysctl", "net.ipv4.ip_forward=1"], "invalid value 'net.ipv4.ip_forward=1'"),
        (["--ipc=host", "--sysctl", "kernel.msgmax=1"], "invalid value 'kernel.msgmax=1' for --sysctl"),
        (["--pid=zone"], "invalid value 'zone' for --pid"), (["--pid=container:"], "invalid value 'container:'"),
        (["--uts=container:x"], "invalid value 'container:x' for --uts"),
        (["--userns=nomap"], "invalid value 'nomap' for --userns"),
        (["--userns=auto", "--privileged"], "--privileged and a user namespace"),
        (["--network=host", "--uts=host", "-h", "x"], "--hostname cannot change the host's own name"),
        (["-h", "a b"], "invalid value 'a b' for --hostname"), (["-h", "-a"], "invalid value '-a' for --hostname"),
        (["-h", "a\nb"], "invalid value 'a?b' for --hostname"),
        (["--add-host", "db"], "invalid value 'db' for --add-host"),
        (["--add-host", "db:"], "invalid value 'db:' for --add-host: it should be an IP address"),
        (["--add-host", "db:host-gateway"], "invalid value 'db:host-gateway' for --add-host: host-gateway needs"),
        (["--add-host", "a\nb:1.2.3.4"], "invalid value 'a?b:1.2.3.4' for --add-host: it should be one word"),
        (["--dns", "dns.example"], "invalid value 'dns.example' for --dns: it should be an IP address"),
        (["--dns", "1.2.3"], "invalid value '1.2.3' for --dns"),
        (["--dns-search", "a b"], "invalid value 'a b' for --dns-search"),
        (["--device", "dev/null"], "invalid value 'dev/null' for --device: it should be an absolute path"),
        (["--device", "/dev/null:/x:rwx"], "invalid value '/dev/null:/x:rwx' for --device: access is made of"),
        (["--device", "/dev/null:/x:rr"], "invalid value '/dev/null:/x:rr' for --device"),
        (["--device", "/:/"], "invalid value '/:/' for --device"),
        (["--device-cgroup-rule", "c 1:3"], "invalid value 'c 1:3' for --device-cgroup-rule"),
        (["--device-cgroup-rule", "x 1:3 r"], "invalid value 'x 1:3 r' for --device-cgroup-rule"),
        (["--shm-size", "0"], "invalid value '0' for --shm-size"),
        (["-d", "-a", "stdout"], "--detach and --attach exclude each other"),
    ])
    func limitsAndAccessAreCheckedBeforeAnythingIsTouched(_ words: [String], _ text: String) throws {
        let line = try #require(refusal(words + ["box"]), "\(words)")
        #expect(line.hasPrefix(text), "\(line)")
        #expect(!line.contains("\n"))
    }

    @Test func limitsAreReadAsDockerReadsThem() throws {
        let limits = try runOptions([
            "-m", "64m", "--memory-swap=-1", "-c", "1", "--cpu-quota=5000", "--cpu-period=10000", "--pids-limit=0",
            "--ulimit", "nofile=10:20", "--ulimit", "core=-1", "--ulimit", "nofile=5", "--device-read-bps=/dev/x:1m",
            "--oom-score-adj=-500", "--cgroup-parent=/a//b/", "--memory-swappiness=-1", "box",
        ]).limits
        #expect(limits.memory == 64 << 20 && limits.memorySwap == -1 && limits.cpuShares == 2)
        #expect(limits.cpuQuota == 5000 && limits.cpuPeriod == 10000 && limits.pids == -1)
        #expect(
            limits.resourceLimits == [
                .init(type: "RLIMIT_CORE", hard: .max, soft: .max), .init(type: "RLIMIT_NOFILE", hard: 5, soft: 5),
            ])
        #expect(limits.rates == [.init(kind: .readBytes, device: "/dev/x", rate: 1 << 20)])
        #expect(limits.oomScore == -500 && limits.controlGroupParent == "/a/b" && limits.swappiness == nil)
    }

    @Test func securityOptionsAreRead() throws {
        let security = try runOptions([
            "--security-opt", "no-new-privileges", "--security-opt", "seccomp=p.json", "--sysctl",
            "net/ipv4/ip_forward=1", "--sysctl", "kernel.shmmax=5", "box",
        ]).security
        #expect(security.noNewPrivileges && security.seccomp == .file("/here/now/p.json"))
        #expect(security.sysctls == ["net.ipv4.ip_forward": "1", "kernel.shmmax": "5"])
        #expect(try runOptions(["--security-opt", "seccomp:unconfined", "box"]).security.seccomp == .unconfined)
        #expect(try !runOptions(["--security-opt", "no-new-privileges:false", "box"]).security.noNewPrivileges)
    }
}
