import Glibc
import LinuxSystem

/// A POSIX thread that runs a closure once. Whoever starts it joins it before what the closure uses goes away.
final class Thread {
    private final class Body {
        let run: () -> Void
        init(_ run: @escaping () -> Void) { self.run = run }
    }

    private var thread = pthread_t()
    private var isJoined = false

    init(_ run: @escaping @Sendable () -> Void) throws(SystemError) {
        let body = unsafe Unmanaged.passRetained(Body(run))
        let number = unsafe pthread_create(
            &thread, nil,
            { argument in
                // The pointer is the retained body that pthread_create was given; it is taken over here, once.
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, unsafe body.toOpaque())
        if number != 0 {
            unsafe body.release()
            isJoined = true
            throw SystemError("pthread_create", "", number: number)
        }
    }

    /// Waits for its end.
    func join() {
        if isJoined { return }
        isJoined = true
        _ = pthread_join(thread, nil)
    }

    deinit { join() }
}
