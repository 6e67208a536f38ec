import CLinux
import Glibc
import LinuxSystem

/// While it lives, nothing is removed from the store. Who adds blobs or layers holds one until they are referred to, and
/// who starts a container until its record names the image. Taking one costs an open and a flock.
public struct ContentHold: ~Copyable, Sendable {
    private let descriptor: OwnedDescriptor

    init(_ descriptor: consuming OwnedDescriptor) {
        self.descriptor = descriptor
    }
}

extension ImageStore {
    /// Takes one of the store's locks, waiting for it unless LOCK_NB is given.
    func lock(_ name: String, _ operation: CInt) throws(StoreError) -> OwnedDescriptor {
        let path = layout + "/" + name
        return try storing { () throws(SystemError) in
            let descriptor = try OwnedDescriptor.open(path, O_RDONLY | O_CREAT, mode: 0o644)
            try systemCall("flock", path) { linux_flock(descriptor.number, operation) }
            return descriptor
        }
    }

    /// Keeps what is in the store there.
    ///
    /// A first holder sweeps what a crash left under temporary names.
    public func hold() throws(StoreError) -> ContentHold {
        try makeLayout()
        return ContentHold(try lock("content.lock", LOCK_SH))
    }
}
