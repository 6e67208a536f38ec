import Glibc
import Testing

@Suite struct TerminalTests {
    @Test func theWorkloadHasATerminalOfOurSize() throws {
        try withHull { hull in
            let terminal = try Pseudoterminal(rows: 33, columns: 101)
            let outcome = try hull.start(
                [
                    "run", "--rm", "-it", "busybox", "sh", "-c",
                    "test -t 0 && test -t 1 && test -t 2 && stty size; tty; echo err >&2",
                ],
                on: terminal
            ).finish()
            #expect(outcome.status == 0, "\(outcome)")
            #expect(outcome.output.contains("33 101\r\n"), "\(outcome)")
            #expect(outcome.output.contains("/dev/pts/0") || outcome.output.contains("/dev/console"), "\(outcome)")
            #expect(outcome.output.contains("err"), "\(outcome)")
            #expect(!terminal.isRaw)
        }
    }

    @Test func aNewSizeIsPassedOn() throws {
        try withHull { hull in
            let terminal = try Pseudoterminal()
            let child = try hull.start(
                [
                    "run", "--rm", "-it", "busybox", "sh", "-c",
                    "trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.05; done",
                ],
                on: terminal)
            #expect(child.waits(for: "ready"))
            terminal.resize(rows: 50, columns: 132)
            #expect(child.waits(for: "50 132"))
            #expect(try child.finish().status == 0)
        }
    }

    @Test func keysReachTheWorkloadAndTheTerminalIsRestored() throws {
        try withHull { hull in
            let terminal = try Pseudoterminal()
            let child = try hull.start(["run", "--rm", "-it", "busybox", "sh"], on: terminal)
            #expect(child.waits(for: "#"))
            #expect(terminal.isRaw)
            child.send("echo $((6*7))\n")
            #expect(child.waits(for: "42"))
            child.send("sleep 100\n")
            usleep(300_000)
            // Ctrl-C ends the sleep, not the shell; Ctrl-D ends the shell.
            child.send("\u{03}")
            child.send("echo $?\n")
            #expect(child.waits(for: "130"))
            child.send("exit 9\n")
            #expect(try child.finish().status == 9)
            #expect(!terminal.isRaw)
        }
    }

    @Test func detachKeysLeaveTheContainerRunning() throws {
        try withHull { hull in
            let terminal = try Pseudoterminal()
            let child = try hull.start(["run", "--name", "box", "-it", "busybox", "sh"], on: terminal)
            #expect(child.waits(for: "#"))
            child.send("\u{10}\u{11}")
            #expect(try child.finish().status == 0)
            #expect(!terminal.isRaw)
            #expect(try hull.expect("ps", "-q").isEmpty == false)
            let second = try Pseudoterminal()
            let attached = try hull.start(["attach", "--detach-keys", "ctrl-x,x", "box"], on: second)
            attached.send("echo $((40+2))\n")
            #expect(attached.waits(for: "42"))
            attached.send("\u{18}x")
            #expect(try attached.finish().status == 0)
            #expect(try hull.expect("ps", "-q").isEmpty == false)
        }
    }
}
