import Launcher
import LinuxSystem

/// A moment, as an image's configuration says when it was made, a line of a log, or `--since`. What is a moment can be shown
/// and read again as the same.
let timeTarget = FuzzTarget(name: "time") { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    let now = WallClock(nanoseconds: 1_800_000_000_000_000_000)
    for moment in [WallClock(rfc3339: text), WallClock(argument: text, now: now)] {
        guard let moment else { continue }
        _ = HumanUnits.since(moment, now: now)
        // Years before 0 and after 9999 have another form.
        guard let again = WallClock(rfc3339: moment.rfc3339), again == moment else {
            fatalError("\(moment.nanoseconds) is shown as \(moment.rfc3339)")
        }
    }
    if let span = WallClock.span(text) { _ = HumanUnits.span(seconds: span / 1_000_000_000) }
}
