import Testing

@testable import ContainerRuntime

@Suite struct ControlGroupLayoutTests {
    static let hybrid = """
        30 23 0:26 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755
        31 30 0:27 / /sys/fs/cgroup/unified rw,nosuid shared:9 - cgroup2 cgroup2 rw
        32 30 0:28 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
        33 30 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:5 master:1 - cgroup cgroup rw,cpu,cpuacct
        34 30 0:30 /outer /mnt/a\\040b rw - cgroup cgroup rw,memory
        35 30 0:31 / /- rw - ext4 /dev/sda rw

        """

    @Test func `each controller is found where it is mounted`() {
        let layout = ControlGroup.Layout.parse(
            mountInfo: Self.hybrid, ownGroups: "4:cpu,cpuacct:/user\n3:memory:/outer/me\n0::/slice\n")
        #expect(layout.legacyHierarchy(of: "cpuacct")?.mountPoint == "/sys/fs/cgroup/cpu,cpuacct")
        #expect(layout.legacyHierarchy(of: "cpu")?.ownGroup == "/user")
        #expect(layout.legacyHierarchy(of: "memory")?.mountPoint == "/mnt/a b")
        #expect(layout.legacyHierarchy(of: "memory")?.ownGroup == "/me")
        #expect(layout.unified?.ownGroup == "/slice")
        #expect(layout.legacy.count == 2)
    }

    @Test func `lines that are cut off are passed over`() {
        for length in [0, 10, 40, 60] {
            let layout = ControlGroup.Layout.parse(
                mountInfo: String("31 30 0:27 / /sys/fs/cgroup/unified rw,nosuid shared:9 - cgroup2".prefix(length)),
                ownGroups: "nonsense")
            #expect(layout.isEmpty)
        }
    }
}
