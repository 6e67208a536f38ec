import Comparison
import Testing

@Suite("Numbers as text") struct FiguresTests {
    @Test(
        "Three significant digits",
        arguments: [
            (0, "0"), (0.01234, "0.0123"), (0.1234, "0.123"), (1.2345, "1.23"), (9.999, "10.0"), (12.345, "12.3"),
            (123.45, "123"), (12345.6, "12346"), (-1.5, "-1.50"),
        ] as [(Double, String)])
    func significant(_ value: Double, _ text: String) {
        #expect(Figures.significant(value) == text)
    }

    @Test(
        "The unit suits the number",
        arguments: [
            (850, .wall, "850 ns"), (10_700_000, .wall, "10.7 ms"), (2.5e9, .cpu, "2.50 s"),
            (512, .peakMemory, "512 B"), (7_340_032, .peakMemory, "7.00 MiB"), (1234, .pageFaults, "1\u{202F}234"),
            (-1_234_567, .pageFaults, "-1\u{202F}234\u{202F}567"), (12, .pageFaults, "12"),
        ] as [(Double, Metric, String)])
    func quantities(_ value: Double, _ metric: Metric, _ text: String) {
        #expect(Figures.quantity(value, metric) == text)
    }

    @Test("What is no number is a dash")
    func noNumber() {
        #expect(Figures.fixed(.nan, 2) == "–")
    }
}
