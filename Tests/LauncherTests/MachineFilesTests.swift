import Glibc
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
}
