import Glibc

/// Images that tests run, made once.
enum TestImages {
    /// The archive of a root file system with BusyBox, from Debian's busybox-static.
    static let busybox: String = {
        do { return try makeBusybox() } catch { fatalError("no BusyBox image: \(error)") }
    }()

    private static func makeBusybox() throws -> String {
        let archive = Environment.shared + "/busybox.tar"
        if access(archive, R_OK) == 0 { return archive }
        let tree = Environment.shared + "/busybox"
        try tool("mkdir", "-p", "\(tree)/bin", "\(tree)/etc", "\(tree)/root", "\(tree)/home/user", "\(tree)/var/tmp")
        try tool("mkdir", "-m", "1777", "\(tree)/tmp")
        try tool("cp", try program("busybox"), "\(tree)/bin/busybox")
        try tool(
            "sh", "-c",
            "for name in $(\"$0/bin/busybox\" --list); do [ -e \"$0/bin/$name\" ] || ln \"$0/bin/busybox\" \"$0/bin/$name\"; done",
            tree)
        for (name, text) in [
            ("passwd", "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\n"),
            ("group", "root:x:0:\naudio:x:29:user\nuser:x:1000:\n"),
        ] {
            try tool("sh", "-c", "cat > \"$0\"", "\(tree)/etc/\(name)", input: Array(text.utf8))
        }
        try tool("chown", "1000:1000", "\(tree)/home/user")
        try tool("tar", "-C", tree, "-cf", archive + ".new", ".")
        try tool("mv", archive + ".new", archive)
        Environment.removeTree(tree)
        return archive
    }

    /// The archive of a root file system of Debian 12, made by mmdebstrap from Debian's archive.
    static func debian() throws -> String { try debian("debian", packages: "perl-base") }

    /// The same with Python and a C compiler.
    static func development() throws -> String { try debian("development", packages: "python3,gcc,libc6-dev") }

    private static func debian(_ name: String, packages: String) throws -> String {
        let archive = "\(Environment.cache)/\(name).tar"
        if access(archive, R_OK) == 0 { return archive }
        try tool(
            "mmdebstrap", "--quiet", "--format=tar", "--variant=minbase", "--include=\(packages)", "bookworm",
            archive + ".new")
        try tool("mv", archive + ".new", archive)
        return archive
    }
}
