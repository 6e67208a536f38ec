import Testing

@testable import ContainerRuntime

@Suite struct ControlGroupPathTests {
    @Test(arguments: ["/hull/../x", "..", "/", "", "a/./b", "/a\n/b", "/" + String(repeating: "x", count: 256)])
    func `a path that could lead elsewhere is refused`(path: String) {
        #expect(throws: ControlGroupError.self) { try ControlGroup.pathComponents(path) }
    }

    @Test func `a path is split into its names`() throws {
        #expect(try ControlGroup.pathComponents("/hull//abc/") == ["hull", "abc"])
    }
}
