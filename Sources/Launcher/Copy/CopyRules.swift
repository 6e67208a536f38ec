import Glibc

/// Docker's rules for where a copy goes, by what exists and by `/.` at the end.
enum CopyRules {
    /// Where a copy goes: the directory and the name in it; no name where the directory's contents are meant to go there.
    ///
    /// - Parameters:
    ///   - kind: the source's kind of file.
    ///   - look: the kind of file that a path of the target's side is, links followed; nil where there is none.
    /// - Throws: `CopyError` where the rules forbid it.
    static func target(
        of source: CopyPlace, _ kind: mode_t, _ target: CopyPlace, _ look: (String) throws -> mode_t?
    ) throws -> (directory: String, name: String?) {
        let isDirectory = kind == S_IFDIR
        if source.saysDirectory, !isDirectory { throw CopyError("\(source.path): not a directory") }
        let existing = try look(target.trimmed)
        if existing == S_IFDIR {
            return (target.trimmed, isDirectory && source.meansContents ? nil : source.split.name)
        }
        if existing != nil {
            if isDirectory { throw CopyError("cannot copy the directory \(source.path) over the file \(target.path)") }
            if target.saysDirectory { throw CopyError("\(target.path): not a directory") }
        } else if target.saysDirectory, !isDirectory {
            throw CopyError("\(target.path): no such directory")
        }
        guard try look(target.split.directory) == S_IFDIR else {
            throw CopyError("\(target.split.directory): no such directory")
        }
        return target.split
    }
}
