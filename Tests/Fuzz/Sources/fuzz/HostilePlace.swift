import Glibc
import ImageStore

/// A directory for what hostile bytes become, beside a file that they must not touch. In memory, for speed.
final class HostilePlace {
    let path: String
    var inside: String { path + "/inside" }
    private let before: [String: stat]

    init() {
        var template = Array("/dev/shm/hull-fuzz-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("mkdtemp: errno \(errno)") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        mkdir(path + "/inside", 0o755)
        guard let file = fopen(path + "/outside", "w") else { fatalError("fopen: errno \(errno)") }
        fputs("outside", file)
        fclose(file)
        before = Self.outsides(path)
    }

    deinit {
        do { try TreeRemoval.remove(path) } catch { fatalError("what was unpacked cannot be removed: \(error)") }
    }

    /// Stops the fuzzer where anything beside the directory has changed.
    func check() {
        let after = Self.outsides(path)
        guard before.keys == after.keys else { fatalError("outside there are now \(after.keys.sorted())") }
        for (name, old) in before {
            guard let new = after[name] else { continue }
            let same =
                old.st_ino == new.st_ino && old.st_mode == new.st_mode && old.st_uid == new.st_uid
                && old.st_gid == new.st_gid && old.st_size == new.st_size && old.st_nlink == new.st_nlink
                && old.st_mtim.tv_sec == new.st_mtim.tv_sec && old.st_mtim.tv_nsec == new.st_mtim.tv_nsec
            if !same { fatalError("'\(name)' outside was changed") }
        }
    }

    private static func outsides(_ path: String) -> [String: stat] {
        var result: [String: stat] = [:]
        guard let stream = opendir(path) else { fatalError("opendir: errno \(errno)") }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            var status = stat()
            if name != ".", name != "..", name != "inside", lstat(path + "/" + name, &status) == 0 {
                result[name] = status
            }
        }
        return result
    }
}
