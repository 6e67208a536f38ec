import AgentProtocol
import LinuxSystem
import Testing

@testable import Launcher

/// A file that a guest is asked for, where the guest may say anything.
struct GuestFileTests {
    private func entry(_ kind: CopyEntry.Kind, name: String = "") -> CopyEntry {
        CopyEntry(name: name, kind: kind, mode: 0o644, user: 0, group: 0, modified: 0)
    }

    private func began(limit: Int = 100, size: UInt64 = 4) throws -> GuestFileContent {
        var content = GuestFileContent("/etc/passwd", limit: limit)
        #expect(try content.begin(entry(.file(size: size))))
        return content
    }

    @Test func aFileComesInPieces() throws {
        var content = try began()
        #expect(try content.take([1, 2]) == nil)
        #expect(try content.take([3, 4]) == nil)
        #expect(try content.finish() == [1, 2, 3, 4])
        #expect(try began(size: 0).finish() == [])
    }

    @Test func creditIsGivenAsBytesAreTaken() throws {
        var content = try began(limit: 1 << 20)
        let piece = [UInt8](repeating: 7, count: AgentLimits.data)
        // With the first credit the window becomes wide.
        let first = UInt32(AgentLimits.data) + AgentLimits.wideWindow - AgentLimits.window
        #expect(try content.take(piece) == first)
        for _ in 0..<4 { _ = try content.take(piece) }
        #expect(try content.finish().count == 5 * AgentLimits.data)
    }

    @Test(arguments: [CopyEntry.Kind.directory, .symbolicLink("/etc/shadow")])
    func anythingButAFileIsNone(_ kind: CopyEntry.Kind) throws {
        var content = GuestFileContent("/etc/passwd", limit: 100)
        #expect(try content.begin(entry(kind)) == false)
    }

    @Test func aFileThatIsTooLargeIsRefusedBeforeItComes() {
        var content = GuestFileContent("/etc/passwd", limit: 100)
        #expect(throws: SystemError.self) { try content.begin(entry(.file(size: .max))) }
        #expect(throws: SystemError.self) { try content.begin(entry(.file(size: 101))) }
    }

    @Test func moreThanWasAnnouncedIsBoundedAllTheSame() throws {
        var content = try began(limit: 3, size: 1)
        #expect(try content.take([1, 2, 3]) == nil)
        #expect(throws: SystemError.self) { try content.take([4]) }
    }

    @Test func bytesComeOnlyOfAFileAndWithinCredit() throws {
        var early = GuestFileContent("/etc/passwd", limit: 100)
        #expect(throws: CopyError.self) { try early.take([1]) }
        var empty = try began()
        // One of these after the other would never end.
        #expect(throws: CopyError.self) { try empty.take([]) }
        var many = try began(limit: 16 << 20)
        #expect(throws: CopyError.self) {
            _ = try many.take([UInt8](repeating: 0, count: Int(AgentLimits.window) + 1))
        }
    }

    @Test func aTreeIsNoFile() throws {
        var second = try began()
        #expect(throws: CopyError.self) { try second.begin(entry(.file(size: 1))) }
        var named = GuestFileContent("/etc/passwd", limit: 100)
        #expect(throws: CopyError.self) { try named.begin(entry(.file(size: 1), name: "x")) }
        #expect(throws: CopyError.self) { try GuestFileContent("/etc/passwd", limit: 100).finish() }
    }
}
