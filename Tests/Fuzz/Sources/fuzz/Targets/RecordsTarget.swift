import JSON
import RegistryEvents

@testable import ContainerRuntime
@testable import Launcher

/// What Hull writes for itself and reads again: records, states, descriptions of what was saved, events, and the lines of
/// `hull-registry`. What is read is the same after it was written.
let recordsTarget = FuzzTarget(name: "records") { bytes in
    if let event = try? PullEvent(line: bytes) {
        guard let line = try? event.line(), (try? PullEvent(line: line.dropLast())) == event else {
            fatalError("\(event) changes when it is written")
        }
    }
    guard let value = try? JSONParser.parse(bytes) else { return }
    check(value, ContainerRecord.self)
    check(value, Lifecycle.Running.self)
    check(value, Lifecycle.Exited.self)
    check(value, TemplateDescription.self)
    check(value, SnapshotDescription.self)
    check(value, Event.self)
    if let document = try? value.decode(LifecycleDocument.self) { _ = document.lifecycle }
    if let event = try? value.decode(Event.self) { _ = event.line + event.json.text() }
}
