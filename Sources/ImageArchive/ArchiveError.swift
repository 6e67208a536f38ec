import ImageStore
import LinuxSystem
import OCISpec

/// Why an archive was not taken. Each case gives one line.
public enum ArchiveError: Error, CustomStringConvertible, Equatable {
    /// A system call failed.
    case system(SystemError)
    /// The image store refused.
    case store(StoreError)
    /// The bytes are not what their format says.
    case malformed(String)
    /// The archive ends before its format does.
    case truncated(String)
    /// An entry wants what no layer may do: the entry's name, and what it wants.
    case refused(entry: String, reason: String)
    /// The archive is larger than the limits allow.
    case limit(String)
    /// The bytes have another digest than announced.
    case wrongDigest(what: String, expected: Digest, found: Digest)
    /// A format that is not read here.
    case unsupported(String)

    /// The text for people.
    public var description: String {
        switch self {
        case .system(let error): error.description
        case .store(let error): error.description
        case .malformed(let reason): "malformed archive: \(reason)"
        case .truncated(let what): "\(what) is truncated: it ends in the middle"
        case .refused(let entry, let reason): "entry '\(entry)' is refused: \(reason)"
        case .limit(let reason): reason
        case .wrongDigest(let what, let expected, let found):
            "wrong digest of \(what): expected \(expected), but the bytes have \(found)"
        case .unsupported(let reason): reason
        }
    }
}

/// Runs calls of LinuxSystem where `ArchiveError` is thrown.
@inline(__always)
func archiving<Result: ~Copyable>(_ body: () throws(SystemError) -> Result) throws(ArchiveError) -> Result {
    do throws(SystemError) {
        return try body()
    } catch {
        throw .system(error)
    }
}

/// Runs calls of the store where `ArchiveError` is thrown.
@inline(__always)
func storing<Result: ~Copyable>(_ body: () throws(StoreError) -> Result) throws(ArchiveError) -> Result {
    do throws(StoreError) {
        return try body()
    } catch {
        throw .store(error)
    }
}
