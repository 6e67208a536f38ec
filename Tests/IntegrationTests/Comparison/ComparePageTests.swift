import Glibc
import Testing

/// The page that `hull compare` makes, as a browser shows it.
@Suite(
    .enabled(
        if: access("/usr/bin/chromium", X_OK) == 0,
        "Debian's package chromium is not installed: Tests/Environment/install-packages test"))
struct ComparePageTests {
    /// What a page of the test's own finds in the report, which it shows in a frame of a given width: where text leaves the
    /// frame, covers other text, or a plot lacks its title or its table.
    private static let probe = #"""
        addEventListener('load', () => {
          const found = [], width = document.documentElement.clientWidth;
          const say = (what, element) => found.push(what + ': ' + element.textContent.trim().slice(0, 40));
          if (document.documentElement.scrollWidth > width) found.push('the page scrolls sideways');
          for (const element of document.querySelectorAll('svg text, h1, h2, h3, p, li, dt, dd, th, td')) {
            const box = element.getBoundingClientRect();
            if (box.width && (box.left < -1 || box.right > width + 1)) say('outside', element);
          }
          for (const figure of document.querySelectorAll('figure')) {
            if (!figure.querySelector('svg > title')?.textContent) say('no title', figure);
            if (!figure.querySelector('table tbody tr')) say('no table', figure);
            const texts = [...figure.querySelectorAll('svg text')].map(e => [e, e.getBoundingClientRect()]);
            for (const [one, a] of texts) for (const [other, b] of texts) {
              if (one !== other && a.width && b.width && a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3
                  && b.top < a.bottom - 3) say('covered', one);
            }
          }
          for (const shape of document.querySelectorAll('svg rect, svg circle:not(.out)')) {
            const [red, green, blue, alpha] = getComputedStyle(shape).fill.match(/[\d.]+/g) ?? [0, 0, 0];
            if (!(+red + +green + +blue) || alpha === '0') say('no colour: ' + shape.getAttribute('class'), shape);
          }
          for (const swatch of document.querySelectorAll('.swatch')) {
            if (/, 0\)|transparent/.test(getComputedStyle(swatch).backgroundColor)) say('no colour', swatch.parentElement);
          }
          const paper = getComputedStyle(document.body).backgroundColor.match(/\d+/g).reduce((s, n) => s + +n, 0);
          const ink = getComputedStyle(document.body).color.match(/\d+/g).reduce((s, n) => s + +n, 0);
          const plots = document.querySelectorAll('svg').length;
          parent.postMessage([width, plots, paper > ink ? 'light' : 'dark', ...found].join('\n'), '*');
        });
        """#

    /// Opens a file and gives the page's text after its scripts ran, and what the browser complained of.
    private func open(_ path: String, in hull: Hull, _ options: String...) throws -> (
        text: String, complaints: [String]
    ) {
        let words =
            ["/usr/bin/chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-crash-reporter"]
            + ["--user-data-dir=\(hull.directory)/chromium", "--enable-logging=stderr", "--dump-dom"]
            + ["--window-size=1600,1000", "--virtual-time-budget=2000"] + options + ["file://" + path]
        let environment = ["HOME": hull.directory, "TMPDIR": hull.directory, "PATH": "/usr/bin:/bin"]
        let outcome = try Child(words, environment: environment).finish(seconds: 120)
        try #require(outcome.status == 0, "\(outcome)")
        return (
            outcome.output, outcome.errors.split(separator: "\n").map(String.init).filter { $0.contains("CONSOLE") }
        )
    }

    /// What is compared: all walls where there is a KVM.
    private static let sides =
        (Guest.isAvailable ? ["--isolation=container,vm,vm-cold"] : ["--isolation=container", "--side", "slow=--init"])
        + ["--side", "another-side-with-a-long-name=--read-only", "--runs=5"]

    /// The page of one workload, the page of a suite, and the page of two results side by side.
    private func makePages(_ hull: Hull) throws -> [String] {
        let suite = try hull.file(
            "suite.yaml",
            """
            schema: hull-compare-suite/1
            workloads:
              - {name: a workload with a name that is quite long, command: [sh, -c, "echo hi; sleep 0.02"]}
              - {name: calls, command: [/hull-workload, system-call], measure: reported, operation: system call}
            """)
        let (one, two, both) = (hull.directory + "/one", hull.directory + "/two", hull.directory + "/both.html")
        let single = ["--output=\(one).html", "--output=\(one).json", "busybox", "sh", "-c", "echo hi; sleep 0.02"]
        for words in [
            Self.sides + single, Self.sides + ["--suite", suite, "--output=\(two).html", "busybox"],
        ] {
            let outcome = try hull.start(["compare"] + words).finish(seconds: 180)
            try #require(outcome.status == 0, "\(outcome)")
        }
        // One host's result beside the same under another name.
        try hull.file("a-result-of-another-host.json", HostSnapshot.text(one + ".json"))
        try hull.expect(
            "compare", "report", one + ".json", hull.directory + "/a-result-of-another-host.json", "--output=\(both)")
        return [one + ".html", two + ".html", both]
    }

    @Test func textFitsOnNarrowAndWideScreensInLightAndDark() throws {
        let body = { (hull: Hull) in
            let pages = try makePages(hull)
            // Of a workload each metric's runs, the phases, and what machines counted; of a suite's less, and the ratios.
            for (page, plots) in zip(pages, Guest.isAvailable ? [13, 6, 13] : [8, 4, 8]) {
                try check(page, plots: plots, in: hull)
            }
        }
        if Guest.isAvailable { try withMachines(body) } else { try withHull(body) }
    }

    private func check(_ path: String, plots: Int, in hull: Hull) throws {
        let plain = try open(path, in: hull)
        #expect(plain.complaints.isEmpty)
        #expect(plain.text.contains("Where the time goes"))
        let page = HostSnapshot.text(path)
        // The page itself allows no script; the copy that is looked at does.
        let policy = try #require(page.firstRange(of: "<meta http-equiv=\"Content-Security-Policy\""))
        let end = try #require(page[policy.upperBound...].firstIndex(of: ">"))
        let open = String(page[..<policy.lowerBound] + page[page.index(after: end)...])
        try hull.file("probed.html", open.replacing("</body>", with: "<script>\(Self.probe)</script></body>"))
        for (width, scheme, number) in [(400, "light", 1), (400, "dark", 0), (1400, "light", 1), (1400, "dark", 0)] {
            let frame = try hull.file(
                "frame.html",
                """
                <iframe src="probed.html" width="\(width)" height="900" style="border:0"></iframe><pre>nothing</pre>
                <script>onmessage = e => document.querySelector('pre').textContent = e.data</script>
                """)
            let shown = try self.open(frame, in: hull, "--blink-settings=preferredColorScheme=\(number)")
            #expect(shown.complaints.isEmpty)
            let start = try #require(shown.text.firstRange(of: "<pre>"))
            let found = shown.text[start.upperBound...].prefix { $0 != "<" }.split(separator: "\n").map(String.init)
            // A bar for scrolling takes some of the width.
            let seen = try #require(found.first.flatMap { Int($0) }, "\(found)")
            #expect((width - 20...width).contains(seen))
            #expect(found.dropFirst().first.flatMap { Int($0) } ?? 0 >= plots, "\(path): \(found)")
            #expect(found.dropFirst(2).first == scheme)
            #expect(found.dropFirst(3).isEmpty, "\(path) at \(width) pixels: \(found)")
        }
    }
}
