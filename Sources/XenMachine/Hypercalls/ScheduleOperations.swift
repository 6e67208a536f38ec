import Glibc
import GuestMemory
import LinuxSystem
import MachineMonitor

extension XenProcessor {
    private enum ScheduleCommand: UInt64 {
        case yield = 0
        case block = 1
        case shutdown = 2
        case poll = 3
        case pin = 7
    }

    /// sched_op (sched.h).
    func scheduleOperation(_ arguments: HypercallArguments, _ kernel: KernelMemory) throws(HypercallError) -> Int64 {
        switch ScheduleCommand(rawValue: arguments.command) {
        case .yield:
            sched_yield()
            return 0
        case .block, .poll:
            try Self.memory { () throws(GuestMemoryError) in try sleep() }
            return 0
        case .shutdown:
            end = Self.end(try kernel.read(UInt32.self, at: arguments.second), console)
            return 0
        // Linux goes on without, and says so.
        case .pin: throw .notImplemented
        case nil: throw .unknown(command: arguments.command)
        }
    }

    /// Takes events again, and sleeps until there is one. It may end sooner, for the kernel looks by itself whether there was one.
    private func sleep() throws(GuestMemoryError) {
        try channels.setMasked(false, index)
        while !kick.isStopping, !gate.isClosed, handle.isUp {
            try takeInterrupts()
            if try channels.isPending(index) { return }
            let now = clock.now
            let wait = deadline.map { $0 > now ? $0 - now : 1 }
            do throws(SystemError) {
                try kick.sleep(wait) { isWanted }
            } catch {
                failure = .system(error)
                return
            }
        }
    }

    /// Whether there is a reason not to sleep.
    private var isWanted: Bool {
        if gate.isClosed || !handle.isUp || (index == 0 && domain.lines.isRaised) { return true }
        do throws(GuestMemoryError) {
            return try channels.isPending(index)
        } catch {
            // What is not in memory the next look finds out.
            return true
        }
    }

    private static func end(_ reason: UInt32, _ console: ConsoleLog) -> MachineEnd {
        switch reason {
        case 0: .poweredOff
        case 1: .rebooted
        default: .crashed(console.panic ?? "it told Xen's reason \(reason)")
        }
    }
}
