/// One thing in which a micro-VM differs from a container, with the reason.
struct ParityDifference: Sendable {
    /// What differs.
    let name: String
    let container: String
    let machine: String
    let reason: String
    /// A script as of a `ParityCase`, and what it prints here and there; nil where it depends on the host.
    let shown: Shown?

    struct Shown: Sendable {
        let script: String
        let container: String
        let machine: String
    }

    init(_ name: String, container: String, machine: String, _ reason: String, shown: Shown? = nil) {
        self.name = name
        self.container = container
        self.machine = machine
        self.reason = reason
        self.shown = shown
    }

    /// An option that a machine refuses with exit code 125 and one line, and a container takes.
    private static func refused(_ options: String, _ reason: String) -> ParityDifference {
        ParityDifference(
            "`\(options)`", container: "as documented", machine: "refused, exit code 125", reason,
            shown: Shown(
                script: "run \(options) busybox true 2> errors; echo $? $(wc -l < errors)", container: "0 0",
                machine: "125 1"))
    }

    static let all = [
        ParityDifference(
            "changes of a container that has ended", container: "kept until `hull rm`",
            machine: "gone, but with `--storage-size`",
            "they are in the guest's memory, which ends with the machine; a disk costs its making",
            shown: Shown(
                script: "up c1 busybox sh -c 'test ! -e /new; echo $?; touch /new'; $h wait c1 > /dev/null; "
                    + "$h start -a c1; down c1",
                container: "1", machine: "0")),
        ParityDifference(
            "room for changes", container: "the host's file system",
            machine: "half of the guest's memory, or `--storage-size`", "the same"),
        ParityDifference(
            "`--memory`", container: "a limit; none by default",
            machine: "the same limit in a machine of 64 MiB more, for its kernel; a machine of 512 MiB by default",
            "a machine's memory is given at its start"),
        ParityDifference(
            "`--cpus`", container: "a share of the host's processors",
            machine: "as many processors, rounded up, and the same share of the host's",
            "a guest sees whole processors"),
        ParityDifference(
            "process numbers in `hull inspect`", container: "the workload's first process",
            machine: "the machine's process (`hull-vmm`)", "processes of the guest are not among the host's"),
        ParityDifference(
            "process numbers in `hull top`", container: "the host's", machine: "the guest's",
            "processes of the guest are not among the host's"),
        ParityDifference(
            "`uname -r`, /proc/version, /proc/cpuinfo, kernel modules and features", container: "the host kernel's",
            machine: "the guest kernel's (Linux 6.12)", "a kernel of its own is what a machine is for"),
        ParityDifference(
            "control groups within the workload", container: "version 1 or 2, as the host has them",
            machine: "version 2", "the guest's kernel has no other"),
        ParityDifference(
            "capabilities of `--privileged`", container: "those that hull's caller has", machine: "all",
            "root of the guest is not the host's"),
        ParityDifference(
            "devices of `--privileged`", container: "the host's", machine: "those of every container",
            "a guest has none of the host's; root can make nodes of its own"),
        ParityDifference(
            "`--ulimit` above the host's hard limits", container: "refused without CAP_SYS_RESOURCE",
            machine: "works", "they are the guest's limits, not the host's"),
        ParityDifference(
            "a workload that does not end by SIGKILL", container: "waits in the kernel",
            machine: "the machine is ended after 5 seconds", "a guest that hangs must not hang the host's side"),
        refused("--pid=host", "a machine shares no namespace with the host"),
        refused("--ipc=host", "a machine shares no namespace with the host"),
        refused("--uts=host", "a machine shares no namespace with the host"),
        refused("--network=host", "a machine has a network stack of its own"),
        refused("-v $PWD:/x", "sharing directories with a guest is not there yet"),
        refused("--device /dev/null", "a machine has none of the host's devices"),
    ]
}
