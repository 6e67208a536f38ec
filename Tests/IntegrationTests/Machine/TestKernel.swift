import Glibc
import Testing

/// What the small kernel of the tests does (Guest/kernel.S), which ends its machine.
enum TestKernel: String, CaseIterable {
    case powerOff = "POWER_OFF"
    case reboot = "REBOOT"
    case panic = "PANIC"
    case tripleFault = "TRIPLE_FAULT"
    case unknownInstruction = "UNKNOWN_INSTRUCTION"
    case unknownHypercall = "UNKNOWN_HYPERCALL"

    /// Builds it.
    ///
    /// - Parameter macros: more macros that are set.
    /// - Returns: the path of the ELF file in a directory.
    func build(in directory: String, _ macros: String...) throws -> String {
        let source = "/" + #filePath.split(separator: "/").dropLast().joined(separator: "/") + "/Guest/kernel"
        let path = "\(directory)/kernel"
        let definitions = ([rawValue] + macros).map { "-D\($0) " }.joined()
        try tool(
            "sh", "-c",
            "gcc \(definitions) -nostdlib -static -no-pie -Wl,--build-id=none,-T,\(source).ld -o \(path) \(source).S")
        return path
    }

    /// Where a symbol of one that was built is.
    static func address(of symbol: String, in path: String) throws -> UInt64 {
        let lines = try tool("nm", path).lines.map { $0.split(separator: " ") }
        let line = try #require(lines.first { $0.last.map { $0 == symbol } ?? false })
        return try #require(UInt64(line[0], radix: 16))
    }
}
