import GuestMemory
import MachineMonitor
import Testing

@testable import HardwareMachine

@Suite("the kernel's command line")
struct CommandLineTests {
    @Test func putsTheCallersWordsLast() throws {
        #expect(
            try CommandLine(["root=/dev/vda", "", "panic=5"]).text
                == "panic=-1 pci=off 8250.nr_uarts=1 console=ttyS0 root=/dev/vda panic=5")
        #expect(try CommandLine([]).text == "panic=-1 pci=off 8250.nr_uarts=1 console=ttyS0")
    }

    @Test func mayBeAsLongAsTheKernelKeepsIt() throws {
        let room = AddressMap.commandLineSize - 1 - (try CommandLine([]).text.utf8.count) - 1
        let line = try CommandLine([String(repeating: "x", count: room)])
        let memory = try HardwareMachine.makeMemory(16 << 20)
        try memory.fill(0xff, at: AddressMap.commandLine, count: UInt64(AddressMap.commandLineSize) + 1)
        try line.write(to: memory)
        let written = try memory.bytes(at: AddressMap.commandLine, count: AddressMap.commandLineSize + 1)
        #expect(written == Array(line.text.utf8) + [0, 0xff])
        #expect(throws: MachineError.self) { try CommandLine([String(repeating: "x", count: room + 1)]) }
    }

    @Test("refuses what would end it early or break it", arguments: ["a\0b", "a\nb", "a\u{7f}"])
    func refuses(text: String) {
        #expect(throws: MachineError.self) { try CommandLine([text]) }
    }
}
