import CGuestMonitor
import CKVM
import GuestMemory
import KVM
import MachineMonitor

/// The hypercalls that leave the guest, by their numbers in Xen's public header xen.h. Those about page tables, and few more,
/// the monitor does inside the guest (CGuestMonitor).
enum Hypercall: UInt64 {
    case setTrapTable = 0
    case setDescriptorTable = 2
    case platformOperation = 7
    case setDebugRegister = 8
    case getDebugRegister = 9
    case memoryOperation = 12
    case setTimer = 15
    case version = 17
    case console = 18
    /// Pages shared with other domains, of which there are none: Linux looks for them and does without.
    case grantTable = 20
    case assist = 21
    case iret = 23
    case processorOperation = 24
    case segmentBase = 25
    case extendedTableOperation = 26
    case schedule = 29
    case callback = 30
    case eventChannelOperation = 32
    case physicalDeviceOperation = 33
    /// Counters of the processor's performance: Linux does without.
    case performanceCounters = 40
    /// The monitor's own (GM_CALL_FLUSH_OTHERS).
    case flushOthers = 64
}

/// A hypercall's arguments: the registers, every one the guest's to choose.
struct HypercallArguments {
    let first: UInt64
    let second: UInt64
    let third: UInt64
    let fourth: UInt64
    let fifth: UInt64

    var all: [UInt64] { [first, second, third, fourth, fifth] }

    /// Which command of a hypercall, where the first argument tells that: an int.
    var command: UInt64 { first & 0xffff_ffff }
}

extension XenProcessor {
    /// Does the hypercall that the registers name. One that nobody knows ends the machine: Xen would refuse it, but a kernel
    /// that goes on without what it counted on fails later, elsewhere, and nobody would know of what.
    func hypercall() throws(GuestMemoryError) {
        let number = general.rax
        counters.count(hypercall: number)
        let call = Hypercall(rawValue: number)
        if call == .iret { return try iret() }
        let arguments = HypercallArguments(
            first: general.rdi, second: general.rsi, third: general.rdx, fourth: general.r10, fifth: general.r8)
        let kernel = try kernelMemory()
        let result: Int64
        do throws(HypercallError) {
            result = try answer(call, arguments, kernel)
        } catch {
            switch error {
            case .refused(let value):
                if error == .notImplemented { counters.count(refused: number) }
                result = value
            case .unknown(let command):
                end = .unknownHypercall(
                    number: number, command: command, arguments: arguments.all, address: try area.state(GM_CALLER))
                return
            }
        }
        general.rax = UInt64(bitPattern: result)
        generalChanged = true
    }

    private func answer(
        _ call: Hypercall?, _ arguments: HypercallArguments, _ kernel: KernelMemory
    ) throws(HypercallError) -> Int64 {
        switch call {
        case .setTrapTable: try setTrapTable(arguments.first, kernel)
        case .memoryOperation: try memoryOperation(arguments, kernel)
        case .platformOperation: try platformOperation(arguments.first, kernel)
        case .setTimer: setTimer(arguments.first)
        case .version: try versionOperation(arguments, kernel)
        case .console: try consoleOperation(arguments, kernel)
        case .processorOperation: try processorOperation(arguments, kernel)
        case .schedule: try scheduleOperation(arguments, kernel)
        case .callback: try callbackOperation(arguments, kernel)
        case .eventChannelOperation: try eventChannelOperation(arguments, kernel)
        case .physicalDeviceOperation: try physicalDeviceOperation(arguments, kernel)
        case .flushOthers: flushOthers(arguments.first)
        // The descriptor table is the monitor's, and it has no breakpoints; assists are for what no kernel here needs.
        case .setDescriptorTable, .setDebugRegister, .getDebugRegister, .assist: 0
        case .grantTable, .performanceCounters: throw .notImplemented
        // The monitor does those that are known.
        case .extendedTableOperation: throw .unknown(command: UInt64(try kernel.read(UInt32.self, at: arguments.first)))
        case .segmentBase: throw .unknown(command: arguments.command)
        case .iret, nil: throw .unknown()
        }
    }

    /// Reaches guest memory by a physical address that was checked before.
    static func memory<Value>(
        _ body: () throws(GuestMemoryError) -> Value
    ) throws(HypercallError) -> Value {
        do throws(GuestMemoryError) { return try body() } catch { throw .fault }
    }
}
