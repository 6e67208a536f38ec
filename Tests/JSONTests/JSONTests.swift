import Testing

@testable import JSON

struct JSONTests {
    struct Sample: Codable, Equatable {
        var name: String
        var limits: [UInt64]?
        var flags: [String: Bool]?
    }

    @Test func aValueSurvivesWritingAndReading() throws {
        let value: JSONValue = ["a": [1, -2, true, nil, "x\"\n\u{1F600}"], "b": ["c": 3]]
        #expect(try JSONParser.parse(value.text()) == value)
        #expect(try JSONParser.parse(value.text(.pretty)) == value)
    }

    @Test func aRealStructDecodesAndEncodes() throws {
        let text = #"{"name":"n","limits":[18446744073709551615,0],"flags":{"x":true},"unknown":[{}]}"#
        let sample = try JSONParser.parse(text).decode(Sample.self)
        #expect(sample == Sample(name: "n", limits: [.max, 0], flags: ["x": true]))
        #expect(
            try JSONValue.encode(sample).text()
                == #"{"name":"n","limits":[18446744073709551615,0],"flags":{"x":true}}"#)
    }

    @Test func aWrongShapeSaysWhere() throws {
        let error = #expect(throws: JSONShapeError.self) {
            try JSONParser.parse(#"{"name":"n","limits":[1,"two"]}"#).decode(Sample.self)
        }
        #expect(error?.description == "limits[1]: should be an integer, not a string")
        let missing = #expect(throws: JSONShapeError.self) { try JSONParser.parse("{}").decode(Sample.self) }
        #expect(missing?.description == "name: is missing")
    }

    struct Readable: JSONReadable, Equatable {
        var name: String
        var sizes: [Int64]?

        init(json: JSONValue) throws(JSONShapeError) {
            name = try json.read("name")
            sizes = try json.readOptional("sizes")
        }
    }

    @Test func whatReadsItselfSaysWhereAShapeIsWrong() throws {
        func read(_ text: String) throws -> [String: [Readable]] {
            try JSONParser.parse(text).decode([String: [Readable]].self)
        }
        #expect(try read(#"{"a":[{"name":"n","sizes":null}]}"#)["a"]?.first?.sizes == nil)
        for (text, says) in [
            (#"{"a":[{"name":"n","sizes":[1,"two"]}]}"#, "a[0].sizes[1]: should be an integer, not a string"),
            (#"{"a":[{"sizes":[]}]}"#, "a[0].name: is missing"),
            (#"{"a":[{"name":null}]}"#, "a[0].name: should be a string, not null"),
            (#"{"a":{}}"#, "a: should be an array, not an object"),
        ] {
            let error = #expect(throws: JSONShapeError.self) { try read(text) }
            #expect(error?.description == says)
        }
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\"}", "01", "1.", "\"\u{1}\"", "\"\\x\"", "tru", "[1] 2", "\"\\u12g4\"", "1e999", "-",
    ])
    func badTextIsRefused(_ text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(text) }
    }

    @Test func deepNestingIsRefusedNotFollowed() {
        let deep = String(repeating: "[", count: 1_000_000)
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(deep) }
    }

    @Test func escapesAndSurrogatesDecode() throws {
        #expect(try JSONParser.parse(#""\u00e9\ud83d\ude00\/""#) == .string("é😀/"))
        #expect(try JSONParser.parse(#""\ud800""#) == .string("\u{FFFD}"))
    }
}
