import Comparison
import Glibc
import LinuxSystem

/// What the host says of itself and of what else it does.
struct HostReading {
    private let began = HostReading.processorTimes()
    private let loadBefore = HostReading.load()

    /// The environment, with what happened since this was made.
    func environment(hull: String) -> HostEnvironment {
        let now = Self.processorTimes()
        let (spent, stolen) = (now.all - began.all, now.stolen - began.stolen)
        return HostEnvironment(
            processor: Self.field("/proc/cpuinfo", "model name") ?? "unknown",
            processors: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))),
            memory: Double(sysconf(Int32(_SC_PHYS_PAGES))) * Double(sysconf(Int32(_SC_PAGESIZE))),
            kernel: Self.line("/proc/sys/kernel/ostype") + " " + Self.line("/proc/sys/kernel/osrelease"),
            kvm: Self.kvm, hull: hull, loadBefore: loadBefore, loadAfter: Self.load(),
            stolen: spent > 0 ? stolen / spent : 0)
    }

    /// Text of a small file of the kernel's; empty where there is none.
    private static func text(_ path: String) -> String {
        // A host that does not tell is described by what it does tell.
        String(decoding: (try? WholeFile.read(path)) ?? [], as: UTF8.self)
    }

    private static func line(_ path: String) -> String {
        text(path).split(separator: "\n").first.map(String.init) ?? ""
    }

    private static func field(_ path: String, _ name: String) -> String? {
        text(path).split(separator: "\n").first { $0.hasPrefix(name) }?.split(separator: ":").last.map {
            String($0.drop { $0 == " " })
        }
    }

    private static func load() -> Double {
        line("/proc/loadavg").split(separator: " ").first.flatMap { Double($0) } ?? 0
    }

    /// All time of the processors, and the part that a hypervisor gave to others (proc(5), /proc/stat).
    private static func processorTimes() -> (all: Double, stolen: Double) {
        let times = line("/proc/stat").split(separator: " ").dropFirst().compactMap { Double($0) }
        // The ninth and tenth are parts of the first two.
        return (times.prefix(8).reduce(0, +), times.count > 7 ? times[7] : 0)
    }

    /// The kind of the host's KVM: `hardware`, `software` or `none`, as a tiny guest shows it.
    static let kvm: String = {
        if unsafe access("/dev/kvm", F_OK) != 0 { return "none" }
        guard let monitor = ChildProgram.find("hull-vmm", in: ChildProgram.ownDirectories()),
            let probe = try? CommandOutput.of(monitor, ["--probe"]), probe.status == 0
        else { return "not usable" }
        return probe.firstLine
    }()
}
