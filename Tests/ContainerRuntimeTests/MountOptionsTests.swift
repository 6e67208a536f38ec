import Testing

@testable import ContainerRuntime

@Suite struct MountOptionsTests {
    @Test func `options are told apart into attributes, flags and data`() {
        let options = MountOptions(["nosuid", "noexec", "ro", "sync", "mode=755", "size=64k"])
        #expect(options.set == MountAttribute.noSetUID | MountAttribute.noExecute | MountAttribute.readOnly)
        #expect(options.fileSystemFlags == MountFlag.synchronous)
        #expect(options.data == ["mode=755", "size=64k"])
        #expect(options.readOnly)
    }

    @Test func `the later of two options wins`() {
        #expect(!MountOptions(["ro", "rw"]).readOnly)
        #expect(MountOptions(["rw", "ro"]).readOnly)
        let times = MountOptions(["noatime", "strictatime"])
        #expect(times.set & MountAttribute.accessTimes == MountAttribute.strictAccessTime)
    }

    @Test func `recursive options are kept apart from those of one mount`() {
        let options = MountOptions(["rbind", "rro", "rslave"])
        #expect(options.bind && options.recursiveBind)
        #expect(options.set == 0)
        #expect(options.recursiveSet == MountAttribute.readOnly)
        #expect(options.propagation == MountFlag.slave && options.recursivePropagation)
        #expect(options.propagatesFromHost)
    }

    @Test func `words that only begin like an option are data`() {
        #expect(MountOptions(["rw,ro", "rnonsense", "nodevice"]).data == ["rw,ro", "rnonsense", "nodevice"])
    }
}
