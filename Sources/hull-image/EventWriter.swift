import Glibc
import ImageArchive
import JSON

/// Tells the caller what happens: JSON objects, one a line, on a descriptor that the caller gave, or lines for people on
/// standard output.
struct EventWriter: Sendable {
    /// The caller's descriptor; nil for people.
    let descriptor: CInt?

    func report(_ event: ArchiveEvent) {
        switch event {
        case .unpacking(let layer, let size):
            write([
                "event": "unpacking", "layer": .string(layer.description), "size": .integer(size),
            ])
        case .unpacked(let layer): write(["event": "unpacked", "layer": .string(layer.description)])
        case .loaded(let id, let references):
            if descriptor == nil {
                for reference in references { print("Loaded image: \(reference)") }
                if references.isEmpty { print("Loaded image ID: \(id)") }
            }
            write([
                "event": "loaded", "id": .string(id.description),
                "references": .array(references.map { .string($0.description) }),
            ])
        }
    }

    /// Tells people where a file is; a program that calls knows it.
    func tell(path: String) {
        if descriptor == nil { print(path) }
    }

    func write(_ event: JSONValue) {
        guard let descriptor else { return }
        // One call a line, so that the lines of several threads do not mix. A caller that is gone wants no events.
        let bytes = event.bytes() + [0x0A]
        _ = unsafe Glibc.write(descriptor, bytes, bytes.count)
    }
}
