/// An initramfs with a first process and the command that it executes (cpio's format newc, cpio(5)).
struct InitialFileSystem {
    /// The archive.
    private(set) var bytes: [UInt8] = []
    private var count = 0

    private static let directory = 0o040_755
    private static let executable = 0o100_755
    private static let file = 0o100_600

    /// - Parameters:
    ///   - program: what is executed as `/init`.
    ///   - command: what it reads in `/command`.
    init(program: [UInt8], command: [UInt8]) {
        for name in ["dev", "image", "scratch", "root"] { add(name, Self.directory, []) }
        add("init", Self.executable, program)
        add("command", Self.file, command)
        add("TRAILER!!!", 0, [])
    }

    private mutating func add(_ name: String, _ mode: Int, _ content: [UInt8]) {
        count += 1
        // Inode, mode, user, group, links, time, size, device twice of two, the name's length with its end, no checksum.
        let fields = [count, mode, 0, 0, 1, 0, content.count, 0, 0, 0, 0, name.utf8.count + 1, 0]
        bytes += Array("070701".utf8)
        for field in fields {
            let digits = String(field, radix: 16)
            bytes += Array((String(repeating: "0", count: 8 - digits.utf8.count) + digits).utf8)
        }
        bytes += Array(name.utf8) + [0]
        align()
        bytes += content
        align()
    }

    private mutating func align() { bytes += [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4) }
}
