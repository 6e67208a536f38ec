import Glibc
import JSON
import LinuxSystem
import Testing

@testable import Launcher

@Suite struct KernelFilesTests {
    private final class Places {
        let root: String
        init() {
            var template = Array("/tmp/hull-kernels-XXXXXX".utf8CString)
            root = unsafe String(cString: mkdtemp(&template))
        }
        deinit { system("rm -rf \(root)") }

        @discardableResult
        func kernel(_ directory: String, time: Int = 1_000_000_000) -> String {
            system("mkdir -p \(root)/\(directory)")
            let path = "\(root)/\(directory)/vmlinux"
            close(open(path, O_WRONLY | O_CREAT, 0o644))
            let times = timeval(tv_sec: time, tv_usec: 0)
            utimes(path, [times, times])
            return path
        }

        func find(_ chosen: String? = nil, configuration: Configuration = Configuration()) throws -> String {
            try KernelFiles(root: root + "/store", configuration, ["HULL_KERNELS": root + "/cache"]).find(
                chosen: chosen)
        }
    }

    @Test func theKernelIsTheFirstOfTheDocumentedPlaces() throws {
        let places = Places()
        let cached = places.kernel("cache/aaa")
        #expect(try places.find() == cached)
        let stored = places.kernel("store/kernels/bbb")
        #expect(try places.find() == stored)
        var configuration = Configuration()
        configuration.kernel = places.kernel("configured")
        #expect(try places.find(configuration: configuration) == configuration.kernel)
        let chosen = places.kernel("chosen")
        #expect(try places.find(chosen, configuration: configuration) == chosen)
    }

    @Test func ofSeveralKernelsTheCurrentOneIsTakenElseTheNewest() throws {
        let places = Places()
        places.kernel("store/kernels/aaa", time: 1_000_000_000)
        let newest = places.kernel("store/kernels/bbb", time: 1_000_000_002)
        places.kernel("store/kernels/ccc", time: 1_000_000_001)
        #expect(try places.find() == newest)
        #expect(symlink("aaa", places.root + "/store/kernels/current") == 0)
        #expect(try places.find() == places.root + "/store/kernels/current/vmlinux")
    }

    @Test func aKernelThatIsNotThereIsToldWithItsOrigin() throws {
        let places = Places()
        let none = #expect(throws: LaunchError.self) { try places.find() }
        #expect(none?.description.contains("hull kernel build") == true)
        let chosen = #expect(throws: LaunchError.self) { try places.find("/nowhere/vmlinux") }
        #expect(chosen?.description == "kernel /nowhere/vmlinux of --kernel: no such file or directory")
        let directory = #expect(throws: LaunchError.self) { try places.find(places.root) }
        #expect(directory?.description.hasSuffix("it is not a file") == true)
    }

    @Test func kernelsAreListedWithWhatIsNotedOfThem() throws {
        let places = Places()
        let cached = places.kernel("cache/bbb")
        let description = "source linux-source-6.12 6.12.1-1\ncompiler gcc 12\nsha256 ab\n"
        try WholeFile.create(places.root + "/cache/bbb/description", Array(description.utf8))
        try WholeFile.create(places.root + "/cache/bbb/config", Array("# a comment\nCONFIG_A=y\n".utf8))
        places.kernel("store/kernels/aaa")
        #expect(symlink("aaa", places.root + "/store/kernels/current") == 0)
        var configuration = Configuration()
        let list = { try GuestKernel.all(root: places.root + "/store", $0, ["HULL_KERNELS": places.root + "/cache"]) }
        let kernels = try list(configuration)
        #expect(kernels.map(\.name) == ["aaa", "bbb"] && kernels.map(\.isDefault) == [true, false])
        #expect(kernels[0].version.isEmpty && kernels[1].version == "6.12.1-1" && kernels[1].compiler == "gcc 12")
        let inspection = try kernels[1].inspection()
        #expect(inspection["Configuration"] == ["CONFIG_A=y"])
        // sha256 of nothing.
        #expect(inspection["Sha256"]?.stringValue?.hasPrefix("e3b0c44298fc1c14") == true)
        configuration.kernel = cached
        #expect(try list(configuration).map(\.isDefault) == [true, false])
    }
}

@Suite struct MachineDiagnosisTests {
    @Test func whatIsWrongWithKVMComesWithItsMend() throws {
        let missing = Diagnosis.unusable("/dev/kvm", SystemError("open", "/dev/kvm", number: ENOENT))
        #expect(missing.state == .limited && missing.finding.hasPrefix("is not there"))
        #expect(missing.mend?.contains("modprobe") == true)
        let closed = Diagnosis.unusable("/dev/kvm", SystemError("open", "/dev/kvm", number: EACCES))
        #expect(closed.state == .limited && closed.mend?.contains("usermod") == true)
    }

    @Test(arguments: [
        (CInt(-1), "no KVM but something else"), (10, "version 10"), (13, "version 13"), (0, "version 0"),
    ])
    func whatIsNotTheKVMThatWeKnowIsRefused(_ answer: CInt, _ reason: String) {
        let error = #expect(throws: LaunchError.self) { try MachineHost.check(version: answer) }
        #expect(error?.status == 125 && error?.description.contains(reason) == true)
    }

    @Test func theKVMThatWeKnowIsTaken() throws { try MachineHost.check(version: 12) }

    @Test func theProbesAnswerIsTold() throws {
        func finding(_ script: String) throws -> Finding {
            let output = try ChildProgram.output(of: "/bin/sh", ["-c", script], stream: 1, silent: true)
            return Diagnosis.kind("/dev/kvm", output)
        }
        #expect(try finding("echo hardware").finding.hasPrefix("a hardware KVM"))
        #expect(try finding("echo software").finding.hasPrefix("a software KVM"))
        #expect(try finding("echo software; exit 125").state == .limited)
        #expect(try finding("echo soft").state == .limited)
    }
}

@Suite struct ScratchDiskTests {
    @Test func aScratchDiskIsAnEmptyFileSystemThatTakesLittleRoom() throws {
        let directory = try temporaryDirectory()
        defer { removeTree(directory) }
        let path = directory + "/storage.ext4"
        try ScratchDisk.make(path, size: 1 << 30)
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_size == 1 << 30)
        #expect(status.st_blocks * 512 < 4 << 20)
        var bytes = [UInt8](repeating: 0, count: 2048)
        let file = try OwnedDescriptor.open(path, O_RDONLY)
        #expect(read(file.number, &bytes, bytes.count) == bytes.count)
        // The magic number of ext4's superblock, which begins at 1024.
        #expect(bytes[1024 + 0x38] == 0x53 && bytes[1024 + 0x39] == 0xEF)
        #expect(throws: SystemError.self) { try ScratchDisk.make(path, size: 1 << 30) }
    }

    @Test func aContainersSizeIsWhatItsDiskTakes() throws {
        let root = try temporaryDirectory()
        defer { removeTree(root) }
        let store = ContainerStore(root: root)
        var record = ContainerStoreTests.record(RandomNames.id(), name: "n")
        record.machine = MachineRequest()
        record.machine?.storageSize = 1 << 30
        _ = try store.makeDirectory(record.id)
        #expect(throws: SystemError.self) { try store.size(record) }
        try ScratchDisk.make(store.scratchDisk(record.id), size: 1 << 30)
        let size = try store.size(record)
        #expect(size > 0 && size < 4 << 20)
    }
}
