import CLinux
import Glibc
import OCISpec
import RegistryEvents

/// A bar for each layer, redrawn in place.
final class TerminalDisplay: PullDisplay {
    private let descriptor: CInt
    private var bars = LayerBars()
    /// Lines of the last drawing, which the next one replaces.
    private var drawn = 0
    private var isDirty = false
    private var lastDrawing: ContinuousClock.Instant?
    private static let interval = Duration.milliseconds(50)

    init(descriptor: CInt) {
        self.descriptor = descriptor
    }

    func show(_ event: PullEvent) {
        switch event {
        case .resolving(let reference): above(pullHeading(reference))
        case .layer(let digest, let size, let done): change(digest, .downloading(done: done, size: size))
        case .exists(let digest, _): change(digest, .exists)
        case .verified(let digest, _): change(digest, .downloaded)
        case .retrying(let reason): above("Retrying: \(reason)")
        case .warning(let message): above("WARNING: \(message)")
        case .done, .failed: break
        }
    }

    func unpacking(_ layer: Digest) { change(layer, .unpacking) }

    func unpacked(_ layer: Digest) {
        if bars.state(of: layer) != .exists { change(layer, .complete) }
    }

    func refresh() {
        if isDirty { draw() }
    }

    func end() { draw(isLast: true) }

    private func change(_ layer: Digest, _ state: LayerBars.State) {
        bars.set(layer, state)
        isDirty = true
        let now = ContinuousClock.now
        if lastDrawing.map({ now - $0 >= Self.interval }) ?? true { draw() }
    }

    /// Writes a line that stays, above the bars.
    private func above(_ line: String) {
        writeText(erasing + String(line) + "\n", to: descriptor)
        drawn = 0
        draw()
    }

    private var erasing: String { drawn > 0 ? "\u{1B}[\(drawn)A\r\u{1B}[J" : "" }

    private func draw(isLast: Bool = false) {
        var (rows, columns): (UInt16, UInt16) = (0, 0)
        // Both stay 0 where the terminal does not say; then the usual size is taken.
        _ = unsafe linux_window_size_get(descriptor, &rows, &columns)
        let lines = bars.lines(
            columns: columns > 0 ? Int(columns) : 80, rows: isLast ? .max : max(Int(rows > 0 ? rows : 24) - 1, 2))
        var text = drawn > 0 ? "\u{1B}[\(drawn)A" : ""
        for line in lines { text += "\r\(line)\u{1B}[K\n" }
        if lines.count < drawn { text += "\u{1B}[J" }
        drawn = lines.count
        isDirty = false
        lastDrawing = .now
        if !text.isEmpty { writeText(text, to: descriptor) }
    }
}

/// What the bars of a pull look like, without a terminal.
struct LayerBars {
    /// How far a layer is.
    enum State: Equatable {
        case downloading(done: Int64, size: Int64)
        case downloaded
        case unpacking
        case complete
        case exists

        var isComplete: Bool { self == .complete || self == .exists }
    }

    private var order: [Digest] = []
    private var states: [Digest: State] = [:]

    func state(of layer: Digest) -> State? { states[layer] }

    mutating func set(_ layer: Digest, _ state: State) {
        if states.updateValue(state, forKey: layer) == nil { order.append(layer) }
    }

    /// The lines to draw.
    ///
    /// - Parameters:
    ///   - columns: the terminal's width; a line stays one column below it, so that no terminal wraps it.
    ///   - rows: the most lines. Where there are more layers, those that are complete are counted in one line.
    func lines(columns: Int, rows: Int) -> [String] {
        var shown = order
        var rest = ""
        if order.count > rows {
            let open = order.filter { states[$0]?.isComplete != true }
            shown = Array(open.prefix(rows - 1))
            rest =
                "\(order.count - open.count) of \(order.count) layers complete"
                + (open.count > shown.count ? ", \(open.count - shown.count) more waiting" : "")
        }
        var lines = shown.map { line($0, columns) }
        if !rest.isEmpty { lines.append(String(rest.prefix(max(columns - 1, 1)))) }
        return lines
    }

    private func line(_ layer: Digest, _ columns: Int) -> String {
        let text =
            switch states[layer] {
            case .downloading(let done, let size): downloading(layer, done, size, columns)
            case .downloaded: "\(layer.short): Download complete"
            case .unpacking: "\(layer.short): Extracting"
            case .complete: "\(layer.short): Pull complete"
            case .exists: "\(layer.short): Already exists"
            case nil: layer.short
            }
        return String(text.prefix(max(columns - 1, 1)))
    }

    private func downloading(_ layer: Digest, _ done: Int64, _ size: Int64, _ columns: Int) -> String {
        if done == 0 { return "\(layer.short): Waiting" }
        let heading = "\(layer.short): Downloading"
        let amount = Self.bytes(done) + "/" + Self.bytes(size)
        let width = min(50, columns - 1 - heading.count - amount.count - 6)
        let part = size > 0 ? Double(min(done, size)) / Double(size) : 1
        if width < 5 {
            let text = "\(heading) \(amount)"
            return text.count < columns ? text : "\(heading) \(Int(part * 100))%"
        }
        let filled = Int(Double(width) * part)
        let bar =
            String(repeating: "=", count: filled) + (filled < width ? ">" : "")
            + String(repeating: " ", count: max(width - filled - 1, 0))
        return "\(heading)  [\(bar)]  \(amount)"
    }

    /// An amount with four digits at most, in powers of 1000 as Docker shows it: `12.5MB`.
    static func bytes(_ count: Int64) -> String {
        var value = Double(count)
        var unit = 0
        let units = ["B", "kB", "MB", "GB", "TB"]
        while value >= 999.5, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        if unit == 0 || value >= 99.95 { return "\(Int(value.rounded()))\(units[unit])" }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)\(units[unit])"
    }
}
