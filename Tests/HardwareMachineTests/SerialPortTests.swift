import LinuxSystem
import MachineMonitor
import Testing

@testable import HardwareMachine

@Suite("the serial port")
struct SerialPortTests {
    private let console = ConsoleLog(-1)
    private let interrupt: EventDescriptor
    private let port: SerialPort

    init() throws {
        interrupt = try EventDescriptor()
        port = SerialPort(console: console, interrupt: interrupt)
    }

    private func send(_ text: String) {
        for byte in text.utf8 { port.store(0, length: 1, UInt32(byte)) }
    }

    @Test func sendsToTheConsole() {
        send("one\ntwo\n")
        #expect(console.lastLines(9) == ["one", "two"])
        #expect(!interrupt.drain())
    }

    @Test func isAlwaysReadyToSend() {
        send("x")
        #expect(port.load(5, length: 1) == 0x60)
    }

    @Test func keepsTheDivisorApartFromTheData() {
        port.store(3, length: 1, 0x83)
        port.store(0, length: 1, 1)
        port.store(1, length: 1, 2)
        #expect(port.load(0, length: 1) == 1)
        #expect(port.load(1, length: 1) == 2)
        port.store(3, length: 1, 0x03)
        #expect(port.load(1, length: 1) == 0)
        #expect(console.lastLines(9).isEmpty)
    }

    @Test func tellsOnceThatTheTransmitterIsEmpty() {
        port.store(1, length: 1, 0x02)
        #expect(interrupt.drain())
        #expect(port.load(2, length: 1) == 0x02)
        #expect(port.load(2, length: 1) == 0x01)
        send("x")
        #expect(interrupt.drain())
        #expect(port.load(2, length: 1) == 0x02)
        port.store(1, length: 1, 0)
        #expect(!interrupt.drain())
    }

    @Test func isFoundByTheKernelsTests() {
        // As drivers/tty/serial/8250/8250_port.c looks: the enable register keeps four bits, the FIFOs show, and loopback
        // mode shows the modem's outputs as inputs.
        port.store(1, length: 1, 0xff)
        #expect(port.load(1, length: 1) == 0x0f)
        port.store(1, length: 1, 0)
        port.store(2, length: 1, 0x01)
        #expect(port.load(2, length: 1) == 0xc1)
        port.store(4, length: 1, 0x1a)
        #expect(port.load(6, length: 1) & 0xf0 == 0x90)
        send("x")
        #expect(port.load(5, length: 1) == 0x61)
        #expect(port.load(0, length: 1) == UInt32(UInt8(ascii: "x")))
        #expect(port.load(5, length: 1) == 0x60)
        #expect(console.lastLines(9).isEmpty)
    }

    @Test("bears every access", arguments: 0..<8 as Range<UInt16>)
    func bears(offset: UInt16) {
        for length: UInt8 in [1, 2, 4] {
            port.store(offset, length: length, .max)
            #expect(port.load(offset, length: length) <= 0xff)
        }
    }
}
