import Glibc
import LinuxSystem
import Testing

@testable import AgentProtocol

@Suite struct TreeCopyTests {
    /// A directory of a test, removed with it.
    private final class Scratch {
        let path: String

        init() {
            var template = Array("/tmp/hull-tree-XXXXXX".utf8CString)
            path = unsafe String(cString: mkdtemp(&template))
        }

        deinit { system("rm -rf \(path)") }

        func open(_ name: String = "", _ flags: CInt = O_RDONLY | O_DIRECTORY) throws -> OwnedDescriptor {
            try OwnedDescriptor.open(path + "/" + name, flags)
        }

        func make(_ script: String) { #expect(system("cd \(path) && \(script)") == 0) }

        func text(_ script: String) throws -> String {
            try ChildProgram.output(of: "/bin/sh", ["-c", "cd \(path) && \(script)"], stream: 1).text
        }

        func writer(_ name: String = "copy") throws -> TreeWriter {
            try TreeWriter(in: open(), name: name, owner: (getuid(), getgid()))
        }
    }

    private func entry(_ name: String, _ kind: CopyEntry.Kind, mode: UInt32 = 0o644) -> CopyEntry {
        CopyEntry(name: name, kind: kind, mode: mode, user: 0, group: 0, modified: 1_000_000_000)
    }

    private func copy(_ reader: TreeReader, _ writer: TreeWriter, limit: Int = 1 << 16) throws {
        while let piece = try reader.next(limit: limit) {
            switch piece {
            case .entry(let entry): try writer.take(entry)
            case .data(let bytes): try writer.take(bytes)
            }
        }
        try writer.finish()
    }

    @Test func aTreeArrivesAsItWas() throws {
        let scratch = Scratch()
        scratch.make(
            """
            mkdir -p from/a/b from/empty && echo deep > from/a/b/deep && head -c 200000 /dev/urandom > from/large \
            && : > from/nothing && ln -s ../away from/link && chmod 4750 from/large && chmod 700 from/a \
            && mkfifo from/pipe && touch -d 2001-02-03 from/nothing from/a from
            """)
        try copy(TreeReader(scratch.open("from", O_PATH)), scratch.writer(), limit: 1000)
        scratch.make("rm from/pipe && touch -d 2001-02-03 from && diff -r --no-dereference from copy")
        let list = "find . -printf '%P %M %l %Ts\\n' | grep -v '^link' | sort"
        #expect(try scratch.text("cd from && \(list)") == scratch.text("cd copy && \(list)"))
        #expect(try scratch.text("readlink copy/link") == "../away\n")
    }

    @Test func whatIsInADirectoryGoesIntoAnother() throws {
        let scratch = Scratch()
        scratch.make("mkdir from to && echo 1 > from/one && echo old > to/one && echo 2 > to/two && chmod 700 to")
        let writer = try TreeWriter(into: scratch.open("to"), owner: (getuid(), getgid()))
        try copy(TreeReader(scratch.open("from", O_PATH), skipsRoot: true), writer)
        #expect(try scratch.text("cat to/one to/two; stat -c %a to") == "1\n2\n700\n")
    }

    @Test(arguments: ["..", "../x", "a/../x", "/x", "a//x", ".", "a/", "a/./x", "x\0y", ""])
    func aNameThatLeadsElsewhereIsRefused(_ name: String) throws {
        let scratch = Scratch()
        let writer = try scratch.writer()
        try writer.take(entry("", .directory, mode: 0o755))
        try writer.take(entry("a", .directory, mode: 0o755))
        #expect(throws: TreeError.self) { try writer.take(entry(name, .file(size: 0))) }
        #expect(try scratch.text("find . | sort") == ".\n./copy\n./copy/a\n")
    }

    @Test func noFileIsMadeThroughALinkOfTheTree() throws {
        let scratch = Scratch()
        scratch.make("mkdir outside")
        func start() throws -> TreeWriter {
            let writer = try scratch.writer()
            try writer.take(entry("", .directory, mode: 0o755))
            try writer.take(entry("link", .symbolicLink("../outside")))
            return writer
        }
        let below = try start()
        #expect(throws: TreeError.self) { try below.take(entry("link/x", .file(size: 0))) }
        let over = try start()
        #expect(throws: TreeError.self) { try over.take(entry("link", .directory)) }
        // A file takes the link's place, not that of what it names.
        let writer = try start()
        try writer.take(entry("link", .file(size: 1)))
        try writer.take([65])
        try writer.finish()
        #expect(try scratch.text("ls outside; cat copy/link") == "A")
    }

    @Test func aLinkThatWasThereIsNotFollowed() throws {
        let scratch = Scratch()
        scratch.make("mkdir outside && ln -s outside copy")
        #expect(throws: TreeError.self) { try scratch.writer().take(entry("", .directory)) }
        let writer = try scratch.writer()
        try writer.take(entry("", .file(size: 0)))
        try writer.finish()
        #expect(try scratch.text("ls outside; stat -c %F copy") == "regular empty file\n")
    }

    @Test func whatIsNoTreeIsRefused() throws {
        let scratch = Scratch()
        #expect(throws: TreeError.self) { try scratch.writer("..") }
        #expect(throws: TreeError.self) { try scratch.writer().finish() }
        #expect(throws: TreeError.self) { try scratch.writer().take(entry("a", .directory)) }
        #expect(throws: TreeError.self) { try scratch.writer().take([1]) }
        let writer = try scratch.writer()
        try writer.take(entry("", .file(size: 2)))
        #expect(throws: TreeError.self) { try writer.take([1, 2, 3]) }
        #expect(throws: TreeError.self) { try writer.take(entry("", .file(size: 2))) }
        #expect(throws: TreeError.self) { try writer.take(entry("below", .file(size: 2))) }
    }

    @Test func depthIsBounded() throws {
        let scratch = Scratch()
        let writer = try scratch.writer()
        try writer.take(entry("", .directory, mode: 0o755))
        var name = "d"
        for _ in 0..<AgentLimits.depth {
            try writer.take(entry(name, .directory, mode: 0o755))
            name += "/d"
        }
        #expect(throws: TreeError.self) { try writer.take(entry(name, .directory)) }
        let reader = TreeReader(try scratch.open("copy", O_PATH))
        #expect(throws: TreeError.self) { while try reader.next(limit: 1) != nil {} }
    }
}
