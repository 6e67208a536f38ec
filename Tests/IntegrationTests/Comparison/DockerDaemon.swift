import Glibc
import LinuxSystem

/// Docker's daemon, with namespaces of its own for mounts and networks: it changes no address and no firewall, and all that it
/// mounts ends with it. What it keeps is in memory.
final class DockerDaemon {
    /// Why it cannot be tested; nil where it can. Tests install none: the package's own script starts a daemon on the host.
    static let reason: String? = {
        for name in ["dockerd", "docker", "containerd", "runc"] where (try? program(name)) == nil {
            return "\(name) is not installed: Debian has it in docker.io, containerd and runc"
        }
        return nil
    }()

    private let directory: String
    private let process: Child
    /// The control group below which it makes those of its containers, in all hierarchies.
    private static let group = "hull-test-docker"

    /// Where it listens, as `DOCKER_HOST` has it.
    var address: String { "unix://\(directory)/socket" }

    init() throws {
        directory = Environment.temporaryDirectory("hull-docker")
        let options = [
            "--data-root=$0/data", "--exec-root=$0/exec", "--pidfile=$0/pid", "--host=unix://$0/socket",
            "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false", "--bridge=none",
            "--exec-opt=native.cgroupdriver=cgroupfs", "--cgroup-parent=/\(Self.group)",
        ].map { "\"\($0)\"" }.joined(separator: " ")
        // The socket is left where others find it; the rest is on file systems in memory that only the daemon has.
        process = try Child(
            [
                program("unshare"), "--mount", "--net", program("sh"), "-c",
                "mount -t tmpfs tmpfs /run && mkdir $0/data $0/exec && mount -t tmpfs tmpfs $0/data "
                    + "&& mount -t tmpfs tmpfs $0/exec && exec dockerd \(options) > $0/log 2>&1",
                directory,
            ], environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": directory])
        guard try Clock.wait(seconds: 60, until: { try process.hasEnded || run("version").status == 0 }),
            !process.hasEnded
        else {
            let log = Array(HostSnapshot.text(directory + "/log").utf8)
            throw FailedProgram(outcome: Outcome(command: "dockerd", status: 1, outputBytes: [], errorBytes: log))
        }
    }

    deinit {
        // It ends containerd, which is its child.
        process.signal(SIGTERM)
        if !Clock.wait(seconds: 30, until: { process.hasEnded }) {
            for child in HostSnapshot.descendants(of: process.pid).reversed() { kill(child, SIGKILL) }
        }
        for hierarchy in HostSnapshot.names("/sys/fs/cgroup", onlyDirectories: true) {
            rmdir("/sys/fs/cgroup/\(hierarchy)/\(Self.group)")
        }
        rmdir("/sys/fs/cgroup/\(Self.group)")
        Environment.removeTree(directory)
    }

    /// Runs a command of Docker's against it.
    func run(_ arguments: String...) throws -> Outcome {
        let environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": directory, "DOCKER_HOST": address]
        return try Child([program("docker")] + arguments, environment: environment).finish()
    }
}
