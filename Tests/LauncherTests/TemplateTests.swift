import CommandLineOptions
import JSON
import Testing

@testable import Launcher

@Suite("Templates of --format")
struct TemplateTests {
    static let value: JSONValue = ["ID": "ab", "State": ["Pid": 7, "Running": true], "List": ["x"]]

    @Test(
        "fields are put in",
        arguments: [
            ("{{.ID}}", "ab"), ("{{ .State.Pid }}\\t{{.State.Running}}", "7\ttrue"),
            (
                "{{json .State}}|",
                #"{"Pid":7,"Running":true}|"#
            ), ("{{.No.Such}}", "<no value>"), ("{{json .ID}}", "\"ab\""),
            ("plain", "plain"), ("json", #"{"ID":"ab","State":{"Pid":7,"Running":true},"List":["x"]}"#),
        ])
    func text(_ format: String, _ expected: String) throws {
        #expect(try Template(format).text(Self.value) == expected)
    }

    @Test("what is no template is refused", arguments: ["{{.ID", "{{range .List}}", "{{}}", "{{ID}}", "{{a b .C}}"])
    func refused(_ format: String) {
        #expect(throws: UsageError.self) { try Template(format) }
    }
}
