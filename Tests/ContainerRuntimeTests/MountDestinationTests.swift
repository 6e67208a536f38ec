import Glibc
import LinuxSystem
import Testing

@testable import ContainerRuntime

/// A directory for one test, gone with it.
final class ScratchDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/hull-runtime-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError.last("mkdtemp", "/tmp") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        // rm follows no links. What it cannot remove a later run does not need.
        _ = try? ChildProgram.spawn("/bin/rm", ["-rf", path]).wait()
    }
}

@Suite struct MountDestinationTests {
    @Test func `places are made in the root, whatever links say`() throws {
        let scratch = try ScratchDirectory()
        let root = scratch.path + "/root"
        mkdir(root, 0o755)
        symlink("/", root + "/absolute")
        symlink("../../../../../..", root + "/upwards")
        symlink("/made/later", root + "/dangling")
        let open = try OwnedDescriptor.open(root, O_PATH | O_DIRECTORY)
        let places = MountDestination(root: open.number)
        _ = try places.findOrMake("/absolute/one/two", .directory)
        _ = try places.findOrMake("/upwards/three", .file)
        _ = try places.findOrMake("/dangling/four", .directory)
        _ = try places.findOrMake("/a/../../five", .directory)
        for name in ["/one/two", "/three", "/made/later/four", "/five"] {
            #expect(access(root + name, F_OK) == 0, "\(name)")
        }
        #expect(access("/one", F_OK) != 0 && access("/three", F_OK) != 0 && access("/five", F_OK) != 0)
    }

    @Test func `links in a circle end`() throws {
        let scratch = try ScratchDirectory()
        symlink("b", scratch.path + "/a")
        symlink("a", scratch.path + "/b")
        let open = try OwnedDescriptor.open(scratch.path, O_PATH | O_DIRECTORY)
        #expect(throws: SystemError.self) {
            _ = try MountDestination(root: open.number).findOrMake("/a/c", .directory)
        }
    }

    @Test func `where links are not followed a link is no place`() throws {
        let scratch = try ScratchDirectory()
        symlink("/tmp", scratch.path + "/proc")
        let open = try OwnedDescriptor.open(scratch.path, O_PATH | O_DIRECTORY)
        #expect(throws: SystemError.self) {
            _ = try MountDestination(root: open.number).findOrMake("/proc", .directory, links: false)
        }
    }
}
