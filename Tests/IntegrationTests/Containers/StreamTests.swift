import Glibc
import Testing

@Suite struct StreamTests {
    @Test func outputAndErrorsAreKeptApart() throws {
        try withHull { hull in
            let outcome = try hull.run("run", "--rm", "busybox", "sh", "-c", "echo out; echo err >&2")
            #expect(outcome.output == "out", "\(outcome)")
            #expect(outcome.errors == "err", "\(outcome)")
        }
    }

    @Test func inputEndsWhereOursDoes() throws {
        try withHull { hull in
            let outcome = try hull.run(
                "run", "--rm", "-i", "busybox", "sh", "-c", "cat; echo end", input: Array("text".utf8))
            #expect(outcome.output == "textend", "\(outcome)")
        }
    }

    @Test func withoutInteractiveThereIsNoInput() throws {
        try withHull { hull in
            let outcome = try hull.run("run", "--rm", "busybox", "cat", input: Array("text".utf8))
            #expect(outcome.status == 0 && outcome.outputBytes.isEmpty, "\(outcome)")
            let closed = try hull.start(["run", "--rm", "-i", "busybox", "sh", "-c", "cat; echo end"], input: .closed)
                .finish()
            #expect(closed.output == "end", "\(closed)")
        }
    }

    @Test func everyByteIsPassedOnBothWays() throws {
        try withHull { hull in
            let bytes = (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let outcome = try hull.run("run", "--rm", "-i", "busybox", "cat", input: bytes)
            #expect(outcome.outputBytes == bytes)
        }
    }

    @Test func aHundredMegabytesArePassedOnBothWays() throws {
        try withHull { hull in
            let script = """
                head -c 104857600 /dev/urandom > "$1/bytes"
                "$0" run --rm -i --log-driver none busybox cat < "$1/bytes" | cmp - "$1/bytes" && echo same
                """
            let outcome = try hull.script(script)
            #expect(outcome.output == "same", "\(outcome)")
        }
    }

    @Test func aReaderThatGoesAwayEndsNothingElse() throws {
        try withHull { hull in
            let outcome = try hull.script("\"$0\" run --rm busybox yes | head -n 2")
            #expect(outcome.output == "y\ny", "\(outcome)")
        }
    }

    @Test func inputThatComesSlowlyIsSeenAtOnce() throws {
        try withHull { hull in
            let child = try hull.start(
                ["run", "--rm", "-i", "busybox", "sh", "-c", "while read line; do echo got $line; done"], input: .open)
            for word in ["one", "two", "three"] {
                child.send(word + "\n")
                #expect(child.waits(for: "got \(word)"))
            }
            child.closeInput()
            #expect(try child.finish().status == 0)
        }
    }
}
