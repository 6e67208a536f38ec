import Glibc
import Testing

@testable import LinuxSystem

struct TextAndDirectoryTests {
    @Test func whatMovesACursorIsNotShown() {
        #expect(printable("a\u{1B}[2J\n\u{7F}\u{9B}1mé🙂") == "a?[2J???1mé🙂")
        #expect(printable("a\nb", limit: .max, replacement: " ") == "a b")
        #expect(printable(String(repeating: "x", count: 300)).utf8.count == 200)
        #expect(printable(String(repeating: "x", count: 300), limit: .max).utf8.count == 300)
    }

    @Test func directoriesAreMadeWithThoseAboveThem() throws {
        let top = "/tmp/hull-directories-\(getpid())"
        defer { for path in ["/a/b/c", "/a/b", "/a", "/file", ""] { remove(top + path) } }
        try makeDirectories(top + "/a/b/c", mode: 0o700)
        try makeDirectories(top + "/a/b/c", mode: 0o700)
        #expect(unsafe access(top + "/a/b/c", R_OK | W_OK | X_OK) == 0)
        try WholeFile.create(top + "/file", [])
        #expect(throws: SystemError.self) { try makeDirectories(top + "/file/below", mode: 0o700) }
        #expect(throws: SystemError.self) { try makeDirectories("", mode: 0o700) }
    }

    private func remove(_ path: String) { _ = unsafe Glibc.remove(path) }
}
