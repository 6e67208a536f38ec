import CLinux
import Glibc
import LinuxSystem

/// The host's users that machine monitors become, where root starts them: each machine has one of its own, so a guest that
/// has taken over its monitor is a stranger to all other machines and to the host (docs/machine-files.md).
public struct MachineUsers: Equatable, Sendable {
    /// The first; groups have the same numbers.
    let first: UInt32
    /// How many there are, and with them how many machines may run at once.
    let count: UInt32
    /// Whether a configuration file names them; then others are not taken in their place.
    let isChosen: Bool

    /// Those without a configuration: numbers that systemd's list of the ids of a Linux system (UIDS-GIDS.md) leaves unused.
    static let standard = MachineUsers(first: 0x7000_0000, count: 65536, isChosen: false)

    /// One for all, where the host has no others for us: nobody.
    static let shared = MachineUsers(first: 65534, count: 1, isChosen: false)

    /// Which of them are taken: a file for each, with a lock that its machine holds. In /run, for they are the host's and not a
    /// store's.
    static let directory = "/run/hull/users"

    /// Reads `FIRST:COUNT`, as subuid(5) has it.
    static func parse(_ text: String) throws(Unacceptable) -> MachineUsers {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        // Neither root nor the number that setresuid(2) takes for "no change".
        guard parts.count == 2, let first = UInt32(parts[0]), let count = UInt32(parts[1]), first > 0, count > 0,
            !first.addingReportingOverflow(count).overflow
        else { throw "it should be FIRST:COUNT, numbers of users that nobody else is, from 1 to 4294967294" }
        return MachineUsers(first: first, count: count, isChosen: true)
    }

    /// Takes one that no machine has.
    ///
    /// - Returns: nil where the monitor stays what we are, as an ordinary user's, or becomes nobody: the users are not mapped
    ///   in our user namespace, or /run is not ours to write.
    /// - Throws: where all are taken, or those that a configuration file names cannot be had, or nobody cannot either.
    func take(directory: String = directory) throws -> MachineUser? {
        if geteuid() != 0 { return nil }
        if let reason = unavailable {
            if !canBeDoneWithout { throw LaunchError("no user for the monitor (vm.users): \(reason)") }
            return nil
        }
        do throws(SystemError) {
            try makeDirectories(directory, mode: 0o700)
        } catch {
            if isChosen { throw error }
            return nil
        }
        for number in first..<first + count {
            if let user = try MachineUser(number, in: directory) { return user }
        }
        throw LaunchError("all \(count) users of machines are taken: let some end, or name more by vm.users")
    }

    /// Whether machines start where none of these can be had.
    var canBeDoneWithout: Bool { !isChosen && Self.shared.unavailable == nil }

    /// Why a process of ours cannot become any of them; nil where it can.
    var unavailable: String? {
        for (path, kind) in [("/proc/self/uid_map", "users"), ("/proc/self/gid_map", "groups")]
        where !isWithin(SmallFile.read(path) ?? "") {
            return "the \(kind) \(first) to \(first + count - 1) are not mapped in our user namespace"
        }
        return nil
    }

    /// Whether all of them are ids of a user namespace, by its map (user_namespaces(7)).
    func isWithin(_ map: String) -> Bool {
        map.split(separator: "\n").contains { line in
            let fields = line.split(separator: " ").compactMap { UInt64($0) }
            return fields.count == 3 && fields[0] <= first && UInt64(first) + UInt64(count) <= fields[0] + fields[2]
        }
    }
}

/// A user and group of the host's that are one machine's as long as its monitor has the lock open. It goes with the process,
/// however that ends.
struct MachineUser: ~Copyable {
    let number: UInt32
    private let lock: OwnedDescriptor

    /// The lock's descriptor, for the monitor.
    var descriptor: CInt { lock.number }

    /// - Returns: nil where a machine has it.
    fileprivate init?(_ number: UInt32, in directory: String) throws(SystemError) {
        let path = "\(directory)/\(number)"
        // Whoever has the descriptor can do no more to the file than to hold it.
        let lock = try OwnedDescriptor.open(path, O_RDONLY | O_CREAT | O_NOFOLLOW, mode: 0o400)
        do throws(SystemError) {
            try systemCall("flock", path) { linux_flock(lock.number, LOCK_EX | LOCK_NB) }
        } catch {
            if error.number == EWOULDBLOCK { return nil }
            throw error
        }
        self.number = number
        self.lock = lock
    }
}
