import Glibc

/// Makes a directory, unless something has its name already.
public func makeDirectory(_ path: String, mode: mode_t) throws(SystemError) {
    do throws(SystemError) {
        try systemCall("mkdir", path) { unsafe mkdir(path, mode) }
    } catch {
        if error.number != EEXIST { throw error }
    }
}
