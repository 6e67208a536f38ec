import Glibc

/// Makes a directory and those above it that are not there.
public func makeDirectories(_ path: String, mode: mode_t) throws(SystemError) {
    do throws(SystemError) {
        try makeDirectory(path, mode: mode)
    } catch {
        guard error.number == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else { throw error }
        try makeDirectories(String(path[..<slash]), mode: mode)
        try makeDirectory(path, mode: mode)
    }
}

/// Makes a directory, unless something has its name already.
public func makeDirectory(_ path: String, mode: mode_t) throws(SystemError) {
    do throws(SystemError) {
        try systemCall("mkdir", path) { unsafe mkdir(path, mode) }
    } catch {
        if error.number != EEXIST { throw error }
    }
}
