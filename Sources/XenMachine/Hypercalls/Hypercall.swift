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
    case assist = 21
    case iret = 23
    case processorOperation = 24
    case extendedTableOperation = 26
    case schedule = 29
    case callback = 30
    case eventChannelOperation = 32
    case physicalDeviceOperation = 33
    /// The monitor's own (GM_CALL_FLUSH_OTHERS).
    case flushOthers = 64
}

/// A hypercall's arguments: the registers, every one the guest's to choose.
struct HypercallArguments {
    let first: UInt64
    let second: UInt64
    let third: UInt64
}

extension XenProcessor {
    /// Does the hypercall that the registers name. Hypercalls that are not known are refused, as Xen does.
    func hypercall() throws(GuestMemoryError) {
        let number = general.rax
        counters.count(hypercall: number)
        let call = Hypercall(rawValue: number)
        if call == .iret { return try iret() }
        let arguments = HypercallArguments(first: general.rdi, second: general.rsi, third: general.rdx)
        let kernel = try kernelMemory()
        let result: Int64
        do throws(HypercallError) {
            result = try answer(call, arguments, kernel)
        } catch {
            result = error.value
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
        case .iret, .extendedTableOperation, nil: throw .notImplemented
        }
    }

    /// Reaches guest memory by a physical address that was checked before.
    static func memory<Value>(
        _ body: () throws(GuestMemoryError) -> Value
    ) throws(HypercallError) -> Value {
        do throws(GuestMemoryError) { return try body() } catch { throw .fault }
    }
}
