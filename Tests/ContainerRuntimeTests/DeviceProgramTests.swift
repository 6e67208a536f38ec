import CLinux
import Glibc
import LinuxSystem
import OCISpec
import Testing

@testable import ContainerRuntime

@Suite struct DeviceProgramTests {
    /// Runs a device program as the kernel would; nil where it leaves its instructions.
    ///
    /// - Parameter reached: gets the instructions that were executed.
    private func decide(
        _ bytes: [UInt8], kind: UInt32, access: UInt32, major: UInt32, minor: UInt32, reached: inout Set<Int>
    ) -> UInt64? {
        let context = [access << 16 | kind, major, minor]
        var registers = [UInt64](repeating: 0, count: 11)
        var position = 0
        while position >= 0, (position + 1) * 8 <= bytes.count {
            reached.insert(position)
            let instruction = bytes[position * 8..<position * 8 + 8].map { $0 }
            let (target, source) = (Int(instruction[1] & 15), Int(instruction[1] >> 4))
            let offset = Int(Int16(bitPattern: UInt16(instruction[2]) | UInt16(instruction[3]) << 8))
            let value = instruction[4...].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            position += 1
            switch instruction[0] {
            case 0x61: registers[target] = UInt64(context[offset / 4])
            case 0xBC: registers[target] = UInt64(UInt32(truncatingIfNeeded: registers[source]))
            case 0x54: registers[target] = UInt64(UInt32(truncatingIfNeeded: registers[target]) & value)
            case 0x74: registers[target] = UInt64(UInt32(truncatingIfNeeded: registers[target]) >> value)
            case 0xB7: registers[target] = UInt64(value)
            case 0x55: if registers[target] != UInt64(value) { position += offset }
            case 0x15: if registers[target] == UInt64(value) { position += offset }
            case 0x5D: if registers[target] != registers[source] { position += offset }
            case 0x95: return registers[0]
            default: return nil
            }
        }
        return nil
    }

    private static let rules = [
        Spec.Resources.DeviceRule(allow: false),
        Spec.Resources.DeviceRule(allow: true, type: "b", major: 8, minor: 1, access: "r"),
        Spec.Resources.DeviceRule(allow: true, type: "c", major: 10, access: "rw"),
        Spec.Resources.DeviceRule(allow: false, type: "c", major: 10, minor: 200, access: "w"),
    ]

    @Test(
        arguments: [
            // Kinds are 1 for block and 2 for character devices; accesses 1 make a node, 2 read, 4 write (linux/bpf.h).
            (2, 6, 1, 3, 1), (2, 6, 1, 1, 0), (1, 2, 8, 1, 1), (1, 4, 8, 1, 0), (1, 6, 8, 1, 0), (1, 2, 8, 2, 0),
            (2, 2, 10, 200, 1), (2, 6, 10, 200, 0), (2, 6, 10, 201, 1), (1, 1, 99, 99, 1), (2, 2, 99, 99, 0),
        ] as [(UInt32, UInt32, UInt32, UInt32, UInt64)])
    func `the last rule that matches decides`(
        kind: UInt32, access: UInt32, major: UInt32, minor: UInt32, answer: UInt64
    ) {
        var reached: Set<Int> = []
        let bytes = DeviceProgram(DeviceRules(Self.rules)).bytes
        #expect(
            decide(bytes, kind: kind, access: access, major: major, minor: minor, reached: &reached) == answer)
    }

    @Test(arguments: [nil, rules, [Spec.Resources.DeviceRule(allow: true, type: "c", major: 1, minor: 1)]])
    func `every instruction can be reached, or the kernel refuses the program`(
        rules: [Spec.Resources.DeviceRule]?
    ) {
        let bytes = DeviceProgram(DeviceRules(rules)).bytes
        var reached: Set<Int> = []
        for kind in UInt32(1)...2 {
            for access in UInt32(1)...7 {
                for major: UInt32 in [1, 5, 8, 10, 77, 136] {
                    for minor in UInt32(0)...10 {
                        _ = decide(bytes, kind: kind, access: access, major: major, minor: minor, reached: &reached)
                    }
                    _ = decide(bytes, kind: kind, access: access, major: major, minor: 200, reached: &reached)
                }
            }
        }
        #expect(reached.count == bytes.count / 8)
    }

    @Test(.enabled(if: geteuid() == 0, "loading programs into the kernel needs root"))
    func `the kernel takes the program`() throws {
        let bytes = DeviceProgram(DeviceRules(Self.rules)).bytes
        let number = bytes.withUnsafeBytes { linux_bpf_load_device_program($0.baseAddress, $0.count / 8) }
        #expect(number >= 0, "errno \(errno)")
        if number >= 0 { close(number) }
    }
}
