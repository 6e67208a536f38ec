import ContainerRuntime
import Glibc
import LinuxSystem
import Testing

@testable import Launcher

struct PresentationTests {
    @Test(
        arguments: [
            (0, "0B", "0B"), (999, "999B", "999B"), (4_260_000, "4.26MB", "4.063MiB"),
            (1024, "1.02kB", "1KiB"), (88_000_000_000, "88GB", "81.96GiB"),
        ] as [(UInt64, String, String)])
    func bytesAreShownAsDockerShowsThem(_ bytes: UInt64, _ decimal: String, _ binary: String) {
        #expect(HumanUnits.decimal(bytes) == decimal)
        #expect(HumanUnits.binary(bytes) == binary)
    }

    @Test(
        arguments: [
            (0, "Less than a second"), (1, "1 second"), (59, "59 seconds"), (61, "About a minute"),
            (300, "5 minutes"), (4000, "About an hour"), (7300, "2 hours"), (259_200, "3 days"),
            (1_296_000, "2 weeks"), (34_560_000, "13 months"), (69_120_000, "2 years"),
        ] as [(Int64, String)])
    func spansHaveOneUnit(_ seconds: Int64, _ text: String) {
        #expect(HumanUnits.span(seconds: seconds) == text)
    }

    @Test func sharesThatAGuestMadeUpAreShown() {
        var statistics = ControlGroupStatistics()
        statistics.memoryUsage = .max
        statistics.memoryLimit = 1
        let sample = UsageSample(id: "1", name: "vm", before: nil, now: statistics, elapsed: 0)
        #expect(sample.row[4].hasSuffix("e+21%"), "\(sample.row)")
        #expect(HumanUnits.percentage(0.065) == "0.07%")
        #expect(HumanUnits.percentage(-.infinity) == "-inf%")
    }

    @Test func columnsAreAlignedAndHostileTextIsTamed() {
        var table = TextTable(["A", "LONG"])
        table.add(["value", "\u{1B}[2Jx"])
        #expect(table.lines() == ["A       LONG", "value   ?[2Jx"])
    }

    @Test func aProcessNameMayLookLikeFields() {
        let stat = "42 (a) S 1 (x) ) S 7 42 42 34816 42 0 0 0 0 0 10 5 0 0 20 0 1 0 12345 0 0"
        let entry = ProcessEntry.parse(stat: stat)
        #expect(entry?.parent == 7)
        #expect(entry?.cpuTicks == 15)
        #expect(entry?.startTicks == 12345)
        #expect(entry?.terminalName == "pts/0")
        #expect(ProcessEntry.parse(stat: "") == nil)
        #expect(ProcessEntry.parse(stat: ")1(") == nil)
    }

    @Test func theProcessTableShowsThisProcess() {
        let lines = ProcessTable.of([getpid(), 0]).lines()
        #expect(lines.count == 2)
        #expect(lines[1].contains(" \(getpid()) "))
    }

    @Test func shareOfTheProcessorIsTheDifferenceOfTwoLooks() {
        var before = ControlGroupStatistics()
        before.cpuTotal = 1_000
        var now = before
        now.cpuTotal = 501_000
        now.pids = 3
        let sample = UsageSample(id: "0123456789abcdef", name: "n", before: before, now: now, elapsed: 1_000_000)
        #expect(sample.row[0] == "0123456789ab")
        #expect(sample.row[2] == "50.00%")
        #expect(sample.row[6] == "3")
    }
}
