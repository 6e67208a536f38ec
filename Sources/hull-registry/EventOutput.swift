import CommandLineOptions
import Dispatch
import Glibc
import LinuxSystem
import RegistryEvents
import Synchronization

/// Tells the caller what happens: JSON objects, one a line, on a descriptor that the caller gave, or lines for people.
final class EventOutput: Sendable {
    /// The caller's descriptor; nil for people.
    private let descriptor: CInt?
    /// Held while a line is written, so that lines of several threads do not mix.
    private let turn = Mutex(())

    init(descriptor text: String?) throws {
        guard let text else {
            descriptor = nil
            return
        }
        guard let number = CInt(text), number >= 0, fcntl(number, F_GETFD) >= 0 else {
            throw UsageError("invalid value '\(text)' for --progress-fd: the number of an open descriptor")
        }
        // A credential helper must not hold it open.
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        descriptor = number
        Self.endWithReader(of: number)
    }

    /// Ends this process when the caller is gone, even while nothing is to be told: nobody waits for the image any more.
    /// What came of it stays for the next pull.
    private static func endWithReader(of descriptor: CInt) {
        DispatchQueue.global().async {
            // A pipe without a reader is in error, whatever is asked for (poll(2)).
            var entry = pollfd(fd: descriptor, events: 0, revents: 0)
            while unsafe poll(&entry, 1, -1) < 0, errno == EINTR {}
            if entry.revents & Int16(POLLERR) != 0 { _exit(1) }
        }
    }

    func write(_ event: PullEvent) {
        turn.withLock { _ in
            guard let descriptor else { return tell(event) }
            do {
                try WholeFile.write(try event.line(), to: descriptor, "events")
            } catch {
                _exit(1)
            }
        }
    }

    private func tell(_ event: PullEvent) {
        switch event {
        case .resolving(let reference): writeToStandardError("\(reference)\n")
        case .layer: break
        case .exists(let digest, _): writeToStandardError("\(digest.short): already exists\n")
        case .verified(let digest, _): writeToStandardError("\(digest.short): download complete\n")
        case .retrying(let reason): writeToStandardError("retrying: \(reason)\n")
        case .warning(let message): writeToStandardError("warning: \(message)\n")
        case .done(let image): print(image.target.digest)
        case .failed(_, let message): writeToStandardError("hull-registry: \(message)\n")
        }
    }
}
