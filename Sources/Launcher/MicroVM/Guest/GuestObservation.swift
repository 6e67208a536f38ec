import AgentProtocol
import ContainerRuntime
import Glibc
import LinuxSystem

extension ContainerStore {
    /// What a running container uses: by its control group, or by what its guest counts.
    public func statistics(_ view: ContainerView) throws -> ControlGroupStatistics {
        guard view.record.isMachine else { return try view.container().stats() }
        // A guest that stands still answers nothing; the host counts the whole machine.
        if view.isPaused { return try view.container().stats() }
        let visit = try GuestVisit(directory: directory(view.record.id), name: view.record.name)
        return try visit.ask(.statistics(request: 1)) { message in
            guard case .statistics(1, let values) = message else { return nil }
            return ControlGroupStatistics(values)
        }
    }

    /// The processes of a running container, as a table.
    public func processTable(_ view: ContainerView) throws -> TextTable {
        guard view.record.isMachine else { return ProcessTable.of(try view.container().processes()) }
        guard let running = view.running else { throw LaunchError.notRunning(view.record.name) }
        if view.isPaused { throw LaunchError("container \(view.record.name) is paused: unpause it first", status: 1) }
        let visit = try GuestVisit(directory: directory(view.record.id), name: view.record.name)
        return try visit.ask(.processes(request: 1)) { message in
            guard case .processes(1, let processes) = message else { return nil }
            return ProcessTable.of(processes.map(ProcessEntry.init), boot: running.startedAt / 1_000_000_000)
        }
    }
}

extension ControlGroupStatistics {
    /// What a guest says that it counts.
    init(_ values: [Statistic: UInt64]) {
        self.init()
        memoryUsage = values[.memoryUsage]
        memoryLimit = values[.memoryLimit]
        memoryPeak = values[.memoryPeak]
        memoryCache = values[.memoryCache]
        memoryInactiveFile = values[.memoryInactiveFile]
        oomKills = values[.oomKills]
        cpuTotal = values[.cpuTotal]
        cpuUser = values[.cpuUser]
        cpuSystem = values[.cpuSystem]
        cpuThrottled = values[.cpuThrottled]
        pids = values[.pids]
        pidsLimit = values[.pidsLimit]
        blockRead = values[.blockRead]
        blockWritten = values[.blockWritten]
    }
}

extension ProcessEntry {
    /// What a guest says of a process.
    init(_ process: GuestProcess) {
        self.init(
            user: process.user, pid: pid_t(clamping: process.pid), parent: pid_t(clamping: process.parent),
            // A guest that makes up times makes up its own table only, and no sum of ours overflows.
            cpuTicks: min(process.cpuTicks, 1 << 40), startTicks: min(process.startTicks, 1 << 40),
            terminal: Int32(bitPattern: process.terminal), command: GuestText.shown(process.command))
    }
}
