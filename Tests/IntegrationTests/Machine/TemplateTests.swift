import Glibc
import JSON
import Testing

/// Micro-VMs that go on from a machine which was booted once.
@Suite(.serialized, .enabled(if: Guest.isAvailable)) struct TemplateTests {
    private func template(_ hull: Hull) throws -> String {
        let lines = try hull.run("template", "list", "--format", "json").lines
        try #require(lines.count == 1, "\(lines)")
        return try #require(try JSONParser.parse(Array(lines[0].utf8))["Template"]?.stringValue)
    }

    @Test func copiesHaveRandomNumbersAndIdentitiesOfTheirOwn() throws {
        try withMachines { hull in
            let script = "cat /proc/sys/kernel/random/boot_id; head -c 16 /dev/urandom | od -An -tx1; hostname"
            var seen: [String: Int] = [:]
            for _ in 0..<20 {
                let outcome = try hull.run("run", "--rm", "--isolation=vm", "busybox", "sh", "-c", script)
                #expect(outcome.status == 0 && outcome.errors.isEmpty && outcome.lines.count == 3, "\(outcome)")
                for line in outcome.lines { seen[line, default: 0] += 1 }
            }
            #expect(seen.count == 60 && seen.values.allSatisfy { $0 == 1 }, "\(seen.filter { $0.value > 1 })")
            _ = try template(hull)
        }
    }

    @Test func oneIsBuiltBeforeTheFirstStart() throws {
        try withMachines { hull in
            let words = ["template", "build", "--memory", "256m", "--kernel-arg", "one=1"]
            let first = try hull.start(words).finish()
            #expect(first.status == 0 && first.errors.contains("making a template"), "\(first)")
            #expect(try template(hull) == first.output)
            let second = try hull.start(words).finish()
            #expect(second.output == first.output && second.errors.contains("there already: \(hull.root)"), "\(second)")
            // It is the one that a start of this shape goes on from.
            try hull.expect(
                "run", "--rm", "--isolation=vm", "-m", "256m", "--kernel-arg", "one=1", "busybox", "true")
            #expect(try template(hull) == first.output)
            try hull.expectFailure("template", "build", "--kernel", "/nowhere", status: 1, says: "kernel /nowhere")
        }
    }

    @Test func theClockIsTheHosts() throws {
        try withMachines { hull in
            try hull.expect("run", "--rm", "--isolation=vm", "busybox", "true")
            sleep(2)
            let before = time(nil)
            let told = try #require(Int(try hull.expect("run", "--rm", "--isolation=vm", "busybox", "date", "+%s")))
            #expect((before...time(nil) + 1).contains(told))
        }
    }

    @Test func withColdNoTemplateIsMade() throws {
        try withMachines { hull in
            let output = try hull.expect("run", "--rm", "--isolation=vm", "--cold", "busybox", "echo", "booted")
            #expect(output == "booted")
            #expect(try hull.expect("template", "list", "--format", "json").isEmpty)
            try hull.expectFailure("run", "--cold", "busybox", "true", status: 125, says: "--cold is for micro-VMs")
        }
    }

    @Test func aDamagedTemplateIsRefusedAndMadeAnew() throws {
        try withMachines { hull in
            try hull.expect("run", "--rm", "--isolation=vm", "busybox", "true")
            let key = try template(hull)
            try hull.expect("template", "inspect", key)
            for (file, reason) in [("state", "its state is not"), ("memory", "its memory file was changed")] {
                let path = "\(hull.root)/templates/\(key)/\(file)"
                try tool("sh", "-c", "printf x | dd of=\"$0\" bs=1 seek=2000 conv=notrunc 2>/dev/null", path)
                let outcome = try hull.run("run", "--rm", "--isolation=vm", "busybox", "echo", "runs")
                #expect(outcome.status == 0 && outcome.output == "runs", "\(outcome)")
                #expect(outcome.errors.contains(reason) && outcome.errors.contains("booted"), "\(outcome)")
                #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome)")
                let again = try hull.run("run", "--rm", "--isolation=vm", "busybox", "echo", "runs")
                #expect(again.errors.isEmpty && again.output == "runs", "\(again)")
                #expect(try template(hull) == key)
            }
            #expect(try hull.expect("template", "rm", String(key.prefix(8))) == key)
            try hull.expectFailure("template", "inspect", key, status: 1, says: "no such template")
        }
    }

    @Test func aTemplateThatOthersMayWriteToIsNotUsed() throws {
        try withMachines { hull in
            try hull.expect("run", "--rm", "--isolation=vm", "busybox", "true")
            let key = try template(hull)
            chmod("\(hull.root)/templates/\(key)/memory", 0o666)
            let outcome = try hull.run("run", "--rm", "--isolation=vm", "busybox", "echo", "runs")
            #expect(outcome.output == "runs" && outcome.errors.contains("others may write to it"), "\(outcome)")
        }
    }

    @Test func manyStartAtOnceFromOneThatIsMadeMeanwhile() throws {
        try withMachines { hull in
            let outcome = try hull.script(
                """
                for round in 1 2 3; do
                  for n in 1 2 3 4 5 6 7 8; do "$0" run --rm --isolation=vm busybox echo "$round-$n" & done; wait
                done | sort | uniq | wc -l
                """)
            #expect(outcome.output == "24" && outcome.errors.isEmpty, "\(outcome)")
        }
    }

    @Test func whatAMakerLeftThatWasKilledIsNeverUsed() throws {
        try withMachines { hull in
            for milliseconds in [50, 150, 250, 350] {
                let maker = try hull.start(["run", "--rm", "--isolation=vm", "busybox", "true"])
                usleep(UInt32(milliseconds) * 1000)
                kill(maker.pid, SIGKILL)
                _ = try maker.finish()
                let outcome = try hull.run("run", "--rm", "--isolation=vm", "busybox", "echo", "runs")
                #expect(outcome.output == "runs" && outcome.errors.isEmpty, "\(outcome)")
                try hull.expect("template", "rm", try template(hull))
            }
        }
    }
}
