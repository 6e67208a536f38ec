import Glibc

/// A new directory for one test.
func temporaryDirectory() throws -> String {
    var template = Array("/tmp/hull-test-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { throw FixtureError() }
    return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
}

struct FixtureError: Error {}

/// Writes a file with mode 644.
func write(_ text: String, to path: String) throws {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard descriptor >= 0 else { throw FixtureError() }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    guard unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { throw FixtureError() }
}

/// Removes a directory with all that is in it.
func removeTree(_ path: String) {
    if let stream = unsafe opendir(path) {
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name == "." || name == ".." { continue }
            let inner = path + "/" + name
            if unsafe unlink(inner) != 0 { removeTree(inner) }
        }
        unsafe closedir(stream)
    }
    unsafe rmdir(path)
}
