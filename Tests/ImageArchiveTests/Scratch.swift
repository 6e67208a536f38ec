import CLinux
import Glibc
import ImageStore

/// A directory of a test, removed with it.
final class Scratch {
    let path: String

    init() {
        var template = Array("/tmp/hull-archive-test-XXXXXX".utf8CString)
        path = unsafe String(cString: mkdtemp(&template))
    }

    deinit { try? TreeRemoval.remove(path) }

    func status(_ name: String) -> stat? {
        var status = stat()
        return unsafe lstat(path + "/" + name, &status) == 0 ? status : nil
    }

    func text(_ name: String) -> String? {
        guard let file = unsafe fopen(path + "/" + name, "r") else { return nil }
        defer { unsafe fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    func attribute(_ name: String, _ attribute: String) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = unsafe lgetxattr(path + "/" + name, attribute, &bytes, bytes.count)
        return count < 0 ? nil : Array(bytes[..<count])
    }
}

let isRoot = geteuid() == 0
