/// Sizes and numbers as Docker's options write them.
enum Quantity {
    /// Bytes: a decimal number with an optional unit of 1024 (`b`, `k`, `m`, `g`, `t`, `p`, also `kb`, `KiB`).
    static func bytes(_ text: String) throws(Unacceptable) -> Int64 {
        var digits = Substring(text)
        var unit = ""
        if let end = text.firstIndex(where: { !($0.isASCII && $0.isNumber) && $0 != "." }) {
            digits = text[..<end]
            unit = text[end...].drop { $0 == " " }.lowercased()
        }
        if unit.hasSuffix("ib"), unit.count == 3 {
            unit = String(unit.prefix(1))
        } else if unit.hasSuffix("b") {
            unit = String(unit.dropLast())
        }
        guard unit.count <= 1, let power = ["": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5][unit] else {
            throw "a size is a number and one of b, k, m, g, t, p"
        }
        guard let first = digits.utf8.first, first != UInt8(ascii: "."), !digits.hasSuffix("."),
            let number = Double(digits), number.isFinite
        else { throw "a size is a number and one of b, k, m, g, t, p" }
        if !digits.contains(".") {
            // Whole numbers are exact to the last byte.
            guard let whole = Int64(digits) else { throw "it is too large" }
            let (product, overflow) = whole.multipliedReportingOverflow(by: Int64(1) << Int64(10 * power))
            if overflow { throw "it is too large" }
            return product
        }
        guard let bytes = Int64(exactly: (number * Double(Int64(1) << Int64(10 * power))).rounded(.down)) else {
            throw "it is too large"
        }
        return bytes
    }

    /// Bytes, or -1 for no limit.
    static func bytesOrUnlimited(_ text: String) throws(Unacceptable) -> Int64 {
        text == "-1" ? -1 : try bytes(text)
    }

    /// A whole number in a range.
    static func integer<Number: FixedWidthInteger>(
        _ text: String, in range: ClosedRange<Number>
    ) throws(Unacceptable) -> Number {
        guard let number = Number(text) else { throw "it should be a whole number" }
        guard range.contains(number) else {
            throw "it should be from \(range.lowerBound) to \(range.upperBound)"
        }
        return number
    }

    /// Processors as a decimal number, in microseconds of each 100,000; at most as many as the host has.
    static func processors(_ text: String, available: Int) throws(Unacceptable) -> Int64 {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }), let number = Double(text) else {
            throw "it should be a number of processors such as 1.5"
        }
        if number == 0 { return 0 }
        guard number >= 0.01, number <= Double(available) else {
            throw "it should be from 0.01 to \(available), the processors of this host"
        }
        return Int64((number * Double(processorPeriod)).rounded())
    }

    /// The period that goes with `processors`, in microseconds.
    static let processorPeriod: UInt64 = 100_000

    /// A list such as `0-2,4` of processors or memory nodes (cpuset(7), "List format").
    static func list(_ text: String) throws(Unacceptable) -> String {
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false)
            let numbers = ends.compactMap { $0.utf8.count <= 4 && $0.first != "+" ? UInt16($0) : nil }
            guard ends.count <= 2, numbers.count == ends.count, numbers.first ?? 0 <= numbers.last ?? 0 else {
                throw "it should be a list such as 0-2,4"
            }
        }
        return text
    }

    /// `NAME=VALUE` with a name that is not empty.
    static func pair(_ text: String) throws(Unacceptable) -> (name: String, value: String) {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
            throw "it should be NAME=VALUE"
        }
        return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }

    /// The spellings of truth that Docker takes (Go's `strconv.ParseBool`).
    static func flag(_ text: String) throws(Unacceptable) -> Bool {
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": return true
        case "0", "f", "F", "false", "FALSE", "False": return false
        default: throw "it should be true or false"
        }
    }
}
