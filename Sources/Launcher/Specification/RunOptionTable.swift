import CommandLineOptions

extension RunOptions {
    /// The options of `run` and `create`, for parsing and help.
    public static var table: [Option] {
        processOptions + fileOptions + networkOptions + limitOptions + securityOptions + machineOptions
            + lifeOptions
    }

    private static var processOptions: [Option] {
        [
            Option("-i", "--interactive", help: "keep standard input open"),
            Option("-t", "--tty", help: "give the container a terminal"),
            Option("-d", "--detach", help: "run in the background and print the container's id"),
            Option("-a", "--attach", value: "STREAM", repeats: true, help: "attach stdin, stdout or stderr only"),
            Option("--sig-proxy", help: "pass signals on to the container (true)"),
            Option("--detach-keys", value: "KEYS", help: "the keys that detach a terminal (ctrl-p,ctrl-q)"),
            Option(
                "-e", "--env", value: "NAME=VALUE", repeats: true, help: "set a variable; NAME alone passes ours on"),
            Option("--env-file", value: "FILE", repeats: true, help: "set variables from a file, one a line"),
            Option("-w", "--workdir", value: "DIR", help: "the working directory in the container"),
            Option("-u", "--user", value: "USER[:GROUP]", help: "who runs the command, by name or number"),
            Option("--group-add", value: "GROUP", repeats: true, help: "a further group of the user"),
            Option("--entrypoint", value: "COMMAND", help: "replace the image's entry point"),
            Option("--init", help: "run an init as process 1 that passes signals on and reaps processes"),
        ]
    }

    private static var fileOptions: [Option] {
        [
            Option("-v", "--volume", value: "HOST:CONTAINER[:ro]", repeats: true, help: "bind a path of the host"),
            Option("--mount", value: "KEY=VALUE,...", repeats: true, help: "mount type=bind or type=tmpfs"),
            Option("--tmpfs", value: "DIR[:OPTIONS]", repeats: true, help: "mount an empty file system in memory"),
            Option("--read-only", help: "make the container's root file system read-only"),
            Option("--shm-size", value: "BYTES", help: "size of /dev/shm (64m)"),
            Option("--device", value: "HOST[:CONTAINER[:rwm]]", repeats: true, help: "give access to a device"),
            Option("--device-cgroup-rule", value: "RULE", repeats: true, help: "allow devices, as 'c 10:229 rw'"),
        ]
    }

    private static var networkOptions: [Option] {
        [
            Option("--net", "--network", value: "MODE", help: "none or host (none)"),
            Option("-p", "--publish", value: "PORTS", repeats: true, help: "needs bridge networking: not there yet"),
            Option("-P", "--publish-all", help: "needs bridge networking: not there yet"),
            Option("-h", "--hostname", value: "NAME", help: "the container's host name (the start of its id)"),
            Option("--domainname", value: "NAME", help: "the container's NIS domain name"),
            Option("--add-host", value: "NAME:ADDRESS", repeats: true, help: "add a line to /etc/hosts"),
            Option("--dns", value: "ADDRESS", repeats: true, help: "name servers for /etc/resolv.conf"),
            Option("--dns-search", value: "DOMAIN", repeats: true, help: "search domains; '.' for none"),
            Option("--dns-opt", "--dns-option", value: "OPTION", repeats: true, help: "options of resolv.conf(5)"),
        ]
    }

    private static var limitOptions: [Option] {
        [
            Option("-m", "--memory", value: "BYTES", help: "most memory, as 512m"),
            Option("--memory-swap", value: "BYTES", help: "most memory and swap together; -1 for no limit of swap"),
            Option("--memory-reservation", value: "BYTES", help: "what reclaim aims at when memory is short"),
            Option("--memory-swappiness", value: "NUMBER", help: "0 to 100 (cgroup v1)"),
            Option("--oom-kill-disable", help: "no OOM killer (cgroup v1)"),
            Option("--cpus", value: "NUMBER", help: "processors, as 1.5"),
            Option("-c", "--cpu-shares", value: "NUMBER", help: "weight against other containers (1024)"),
            Option("--cpu-quota", value: "MICROSECONDS", help: "processor time in each period"),
            Option("--cpu-period", value: "MICROSECONDS", help: "the period (100000)"),
            Option("--cpuset-cpus", value: "LIST", help: "processors that may be used, as 0-2,4"),
            Option("--cpuset-mems", value: "LIST", help: "memory nodes that may be used"),
            Option("--pids-limit", value: "NUMBER", help: "most processes and threads; -1 for no limit"),
            Option("--blkio-weight", value: "NUMBER", help: "weight of disk access, 10 to 1000"),
            Option("--device-read-bps", value: "DEVICE:BYTES", repeats: true, help: "most bytes read a second"),
            Option("--device-write-bps", value: "DEVICE:BYTES", repeats: true, help: "most bytes written a second"),
            Option("--device-read-iops", value: "DEVICE:NUMBER", repeats: true, help: "most reads a second"),
            Option("--device-write-iops", value: "DEVICE:NUMBER", repeats: true, help: "most writes a second"),
            Option("--oom-score-adj", value: "NUMBER", help: "-1000 to 1000: who dies first without memory"),
            Option("--ulimit", value: "NAME=SOFT[:HARD]", repeats: true, help: "a limit of setrlimit(2)"),
            Option("--cgroup-parent", value: "PATH", help: "the parent of the container's control group"),
        ]
    }

    private static var securityOptions: [Option] {
        [
            Option("--cap-add", value: "NAME", repeats: true, help: "add a capability, or ALL"),
            Option("--cap-drop", value: "NAME", repeats: true, help: "drop a capability, or ALL"),
            Option(
                "--security-opt", value: "OPTION", repeats: true,
                help: "seccomp=FILE|unconfined, no-new-privileges, systempaths=unconfined"),
            Option("--privileged", help: "all capabilities and devices, no seccomp filter, nothing masked"),
            Option("--sysctl", value: "NAME=VALUE", repeats: true, help: "a kernel parameter of the container's own"),
            Option("--pid", value: "MODE", help: "process ids: private, host or container:NAME (private)"),
            Option("--ipc", value: "MODE", help: "System V IPC and message queues: private, host or container:NAME"),
            Option("--uts", value: "MODE", help: "host name: private or host"),
            Option("--cgroupns", value: "MODE", help: "view of control groups: private or host"),
            Option("--userns", value: "MODE", help: "users: host, auto, keep-id"),
            Option("--isolation", value: "KIND", help: "container, vm, or auto: the strongest, a vm"),
            Option("--cold", help: "boot the vm instead of going on from a template"),
        ]
    }

    private static var machineOptions: [Option] {
        [
            Option("--kernel", value: "FILE", help: "the kernel of a micro-VM, an ELF vmlinux"),
            Option("--kernel-arg", value: "WORD", repeats: true, help: "one more word of its command line"),
            Option(
                "--from-snapshot", value: "NAME",
                help: "go on from a snapshot of a running micro-VM; takes no image"),
            Option("--storage-size", value: "BYTES", help: "a disk for a micro-VM's changes, instead of its memory"),
        ]
    }

    private static var lifeOptions: [Option] {
        [
            Option("--name", value: "NAME", help: "the container's name (made up)"),
            Option("--rm", help: "remove the container when it ends"),
            Option("--restart", value: "POLICY", help: "no"),
            Option("--pull", value: "WHEN", help: "always, missing or never (missing)"),
            Option("-q", "--quiet", help: "do not print the progress of a pull"),
            Option("--platform", value: "OS/ARCH", help: "the image's platform, as linux/amd64"),
            Option("-l", "--label", value: "NAME=VALUE", repeats: true, help: "label the container"),
            Option("--label-file", value: "FILE", repeats: true, help: "labels from a file, one a line"),
            Option("--annotation", value: "NAME=VALUE", repeats: true, help: "annotate the OCI configuration"),
            Option("--stop-signal", value: "SIGNAL", help: "what `stop` sends first (SIGTERM)"),
            Option("--stop-timeout", value: "SECONDS", help: "how long `stop` waits before SIGKILL (10)"),
            Option("--cidfile", value: "FILE", help: "write the container's id to a new file"),
            Option("--log-driver", value: "NAME", help: "json-file or none"),
            Option("--log-opt", value: "NAME=VALUE", repeats: true, help: "max-size and max-file of json-file"),
            Option("--explain", help: "print what would be done and why, and run nothing"),
        ]
    }
}
