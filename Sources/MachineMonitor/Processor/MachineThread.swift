import CLinux
import Glibc
import LinuxSystem

/// A thread with one body. The plain kind: the monitor has no pool of threads.
@safe public struct MachineThread: ~Copyable, @unchecked Sendable {
    private let thread: pthread_t

    /// PR_SET_NAME of linux/prctl.h.
    private static var setName: CInt { 15 }

    /// What the new thread gets by its one pointer.
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Starts a thread.
    ///
    /// - Parameter name: what /proc shows, at most fifteen bytes.
    public static func start(
        _ name: String, _ run: @escaping @Sendable () -> Void
    ) throws(SystemError) -> MachineThread {
        var thread = pthread_t()
        // The thread takes the reference over, once.
        let body = unsafe Unmanaged.passRetained(
            Body {
                // The kernel copies the text; a name that it does not take is no matter.
                unsafe name.withCString { _ = linux_prctl(setName, UInt(bitPattern: $0), 0, 0, 0) }
                run()
            })
        let result = unsafe pthread_create(
            &thread, nil,
            { pointer in
                guard let pointer = unsafe pointer else { return nil }
                unsafe Unmanaged<Body>.fromOpaque(pointer).takeRetainedValue().run()
                return nil
            }, body.toOpaque())
        if result != 0 {
            unsafe body.release()
            throw SystemError("pthread_create", name, number: result)
        }
        return MachineThread(thread: thread)
    }

    private init(thread: pthread_t) { self.thread = thread }

    /// Waits for the thread's end.
    public consuming func join() {
        // A thread that was started and is joined once: this value is gone afterwards.
        pthread_join(thread, nil)
    }
}
