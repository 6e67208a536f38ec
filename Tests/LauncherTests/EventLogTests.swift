import Foundation
import Testing

@testable import Launcher

struct EventLogTests {
    @Test func eventsAreReadInOrderAndAsTheyCome() throws {
        let root = NSTemporaryDirectory() + "hull-events-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        let log = EventLog(root: root)
        #expect(try log.events().isEmpty)
        try log.append(Event("container", "create", id: "a", attributes: ["name": "n", "image": "i"]))
        let reader = try log.reader(fromNow: true)
        try log.append(Event("container", "start", id: "a"))
        #expect(try reader.next().map(\.action) == ["start"])
        #expect(try reader.next().isEmpty)
        #expect(try log.events().map(\.action) == ["create", "start"])
        #expect(try log.events()[0].line.hasSuffix("Z container create a (image=i, name=n)"))
    }

    @Test func aLineThatWasCutOffIsPassedOver() throws {
        let root = NSTemporaryDirectory() + "hull-events-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        try "{\"time\":1,\"ty\n".write(toFile: root + "/events", atomically: false, encoding: .utf8)
        let log = EventLog(root: root)
        try log.append(Event("image", "pull", id: "x"))
        #expect(try log.events().map(\.action) == ["pull"])
    }
}

struct EventFilterTests {
    let event = Event("container", "die", id: "abcdef", attributes: ["name": "web", "image": "busybox", "tier": "x"])

    @Test(arguments: [
        (["container=web"], true), (["container=abc"], true), (["container=x"], false), (["event=die"], true),
        (["event=die", "event=start"], true), (["event=die", "type=image"], false), (["label=tier=x"], true),
        (["label=tier"], true), (["image=busybox"], true), ([], true),
    ])
    func alternativesOfAKeyAndAllKeysCount(_ filters: [String], _ accepted: Bool) throws {
        #expect(try EventFilter(filters).accepts(event) == accepted)
    }

    @Test(arguments: ["", "container", "colour=red"])
    func unknownFiltersAreRefused(_ text: String) {
        #expect(throws: (any Error).self) { try EventFilter([text]) }
    }
}
