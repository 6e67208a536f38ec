import Glibc
import JSON
import Testing

/// `hull kernel`. What takes minutes to build was built before: the guest's kernel of the other tests.
@Suite(.enabled(if: Guest.kernel != nil, "no kernel, `make kernel` builds it"))
struct KernelCommandTests {
    private func withKernels(_ body: (Hull, String) throws -> Void) throws {
        try withMachines(busybox: false) { hull in try body(hull, try #require(Guest.kernel)) }
    }

    @Test func whatWasBuiltBeforeIsTakenIntoTheStore() throws {
        try withKernels { hull, kernel in
            let path = try hull.expect("kernel", "build")
            #expect(path.hasPrefix(hull.root + "/kernels/") && path.hasSuffix("/vmlinux"))
            try tool("cmp", path, kernel)
            #expect(try hull.expect("kernel", "build") == path)
            let lines = try hull.run("kernel", "list", "--format", "json").lines
            let kernels = try lines.map { try JSONParser.parse(Array($0.utf8)) }
            #expect(kernels.map { $0["Default"] } == [true, false])
            #expect(kernels.first?["Path"]?.stringValue == path)
            let table = try hull.run("kernel", "ls").lines
            #expect(table.count == 3 && table[0].hasPrefix("KERNEL"), "\(table)")
        }
    }

    @Test func aKernelTellsHowItWasBuilt() throws {
        try withKernels { hull, kernel in
            let kernels = try hull.run("kernel", "inspect").json()
            let inspection = try #require(kernels.arrayValue?.first)
            let digest = try tool("sha256sum", kernel).output.prefix(64)
            #expect(inspection["Sha256"]?.stringValue == String(digest))
            #expect(inspection["Configuration"]?.arrayValue?.contains("CONFIG_XEN_PV=y") == true)
            let name = try #require(inspection["Name"]?.stringValue)
            #expect(try hull.run("kernel", "inspect", String(name.prefix(6))).json() == kernels)
            try hull.expectFailure("kernel", "inspect", "nothing", status: 1, says: "no such kernel")
        }
    }
}
