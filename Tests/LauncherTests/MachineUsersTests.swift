import Glibc
import LinuxSystem
import Testing

@testable import Launcher

struct MachineUsersTests {
    private let users = MachineUsers(first: 1000, count: 3, isChosen: true)

    @Test(arguments: [
        ("0 0 4294967295", true), ("  0   0   65536  ", true), ("1000 5 3", true), ("999 0 3", false),
        ("1001 0 9", false),
        ("0 0 1000\n1000 2000 3", true), ("0 0 1001\n1001 2000 9", false), ("0 1000 1", false), ("", false),
        ("x y z", false),
    ])
    func theyAreThereWhereTheUserNamespaceMapsAllOfThem(_ map: String, _ isThere: Bool) {
        #expect(users.isWithin(map) == isThere)
    }

    @Test func theLastNumberIsNotPastTheEndOfAMap() {
        #expect(MachineUsers(first: .max - 2, count: 2, isChosen: true).isWithin("0 0 4294967295"))
        #expect(!MachineUsers(first: .max - 2, count: 2, isChosen: true).isWithin("0 0 4294967294"))
    }

    private static let isRoot = geteuid() == 0

    @Test(.enabled(if: isRoot && Self.mapsAll, "to become another user needs root"))
    func eachIsTakenOnceAndFreeAgainWithItsLastDescriptor() throws {
        let directory = try temporaryDirectory()
        defer { removeTree(directory) }
        let place = directory + "/hull/users"
        let first = try users.take(directory: place)
        #expect(first.number == 1000)
        let second = try users.take(directory: place)
        #expect(second.number == 1001)
        let third = try users.take(directory: place)
        #expect(third.number == 1002)
        #expect(throws: LaunchError.self) { _ = try users.take(directory: place) }
        // A monitor has a descriptor of the same open file, and holds the lock when the launcher's is closed.
        let copy = second.duplicate
        let monitor = try #require(copy)
        _ = consume second
        #expect(throws: LaunchError.self) { _ = try users.take(directory: place) }
        close(monitor)
        let again = try users.take(directory: place)
        #expect(again.number == 1001)
        #expect(first.number == 1000 && third.number == 1002)
    }

    /// Only a range that nobody has chosen can be done without.
    @Test(.enabled(if: isRoot && Self.mapsAll, "an ordinary user's monitors have the user's own"))
    func whereTheLocksCannotBeKeptAllMachinesShareAUserUnlessTheirsWereChosen() throws {
        let standard = try MachineUsers.standard.take(directory: "/proc/none/users")
        #expect(standard.number == nil)
        #expect(throws: SystemError.self) { _ = try users.take(directory: "/proc/none/users") }
    }

    private static var mapsAll: Bool { MachineUsers.standard.unavailable == nil }
}

extension Optional where Wrapped == MachineUser {
    fileprivate var number: UInt32? {
        switch self {
        case .some(let user): user.number
        case .none: nil
        }
    }

    fileprivate var duplicate: CInt? {
        switch self {
        case .some(let user): dup(user.descriptor)
        case .none: nil
        }
    }
}
