import Comparison
import Glibc
import Launcher
import LinuxSystem

/// QEMU's machine for micro-VMs with the guest's kernel of Hull, and with the same root file system as a disk. What is not
/// Hull's is all that is around the guest: QEMU, its devices, and the first process, which does nothing but to mount and
/// execute.
final class QEMUSide: RunnableSide {
    static let program = "qemu-system-x86_64"
    static let sideName = "qemu-microvm"
    let name = QEMUSide.sideName
    let program: String
    let marksMoments = false
    private let path: String
    private let root: PeerRoot
    private let kernel: String
    private let initialProgram: [UInt8]
    private let diskMaker: String
    private var work = "WORK"

    /// MiB, as much as a micro-VM of Hull's has whose workload has no limit.
    private static let memory = 512
    /// Runs QEMU in the directory `$0` until the guest has written its command's status, which QEMU itself does not know, or
    /// until QEMU ends. Output goes by files: a pipe that is full makes QEMU keep some of it, and lose that at its end. What
    /// the guest wrote before the status has arrived then, for QEMU looks at all queues before it looks at signals.
    private static let wrapper = """
        cd "$0" && : > output > errors > console || exit 125
        setpriv --pdeathsig KILL "$@" < /dev/null > complaints 2>&1 4> status &
        read -r status < status; kill "$!" 2> /dev/null; wait
        cat output; cat errors >&2
        [ -n "$status" ] && exit "$status"
        cat complaints console >&2; exit 125
        """

    init(path: String, root: PeerRoot) throws {
        self.path = path
        self.root = root
        switch HostReading.kvm {
        case "hardware": break
        case "software":
            throw PeerFailure(
                description: "this host's KVM is a software one, in which no kernel boots that is not made for it")
        case let other: throw PeerFailure(description: "there is no KVM (\(other))")
        }
        guard let kernel = root.guestKernel else {
            throw PeerFailure(description: "there is no kernel for it: run 'hull kernel build'")
        }
        self.kernel = kernel
        guard let maker = ChildProgram.find("mkfs.erofs", in: ["/usr/sbin", "/usr/bin", "/sbin"]) else {
            throw PeerFailure(description: "mkfs.erofs is not installed: apt install erofs-utils")
        }
        diskMaker = maker
        initialProgram = try WorkloadImage.programBytes()
        program = try CommandOutput.of(path, ["--version"]).firstLine
    }

    func prepare(_ workload: PlannedWorkload) throws {
        guard workload.input == nil else {
            throw PeerFailure(description: "\(name) cannot run \(workload.name): it has no standard input")
        }
        work = try root.directory("qemu")
        let disk = work + "/disk"
        _ = unsafe unlink(disk)
        try CommandOutput.expect(diskMaker, ["--quiet", disk, try root.rootDirectory(of: name)])
        let process = root.spec.process
        let user = process?.user
        var words = [process?.cwd ?? "/", "\(user?.uid ?? 0)", "\(user?.gid ?? 0)"]
        words.append((user?.additionalGids ?? []).map { "\($0)," }.joined())
        words.append("\(process?.args?.count ?? 0)")
        words += (process?.args ?? []) + (process?.env ?? [])
        let archive = InitialFileSystem(
            program: initialProgram, command: words.flatMap { Array($0.utf8) + [0] })
        try WholeFile.replace(work + "/initramfs", archive.bytes)
        _ = unsafe unlink(work + "/status")
        try systemCall("mkfifo", work + "/status") { unsafe mkfifo(work + "/status", 0o600) }
    }

    func command(run: String) -> [String] {
        let ports = [("virtconsole", "console")] + ["output", "errors", "status"].map { ("virtserialport", $0) }
        let arguments = ports.enumerated().flatMap { number, port in
            ["-chardev", "file,id=\(port.1),path=\(port.1)"]
                + ["-device", "\(port.0),nr=\(number),chardev=\(port.1)"]
        }
        return ["/bin/sh", "-c", Self.wrapper, work, path]
            + ["-M", "microvm,pit=off,pic=off,rtc=off,isa-serial=off", "-accel", "kvm", "-cpu", "host", "-smp", "1"]
            + ["-m", "\(Self.memory)", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"]
            + ["-kernel", kernel, "-initrd", work + "/initramfs"]
            + ["-append", "console=hvc0 loglevel=5 panic=-1 reboot=t"]
            + ["-drive", "id=root,file=\(work)/disk,format=raw,if=none,readonly=on"]
            + ["-device", "virtio-blk-device,drive=root", "-device", "virtio-serial-device"] + arguments
    }

    /// QEMU ends with its shell.
    func end(run: String) {}
}
