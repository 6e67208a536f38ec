import AgentProtocol
import Glibc
import LinuxSystem

// How a micro-VM is written down with its workload.

extension MicroVMSandbox {
    func save(to path: String) throws {
        guard workload != nil, workload?.ended == nil, brokenOff == nil else {
            throw LaunchError.notRunning(record.name)
        }
        let directory = try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY)
        // What the guest has read of its disks is in its memory: a copy needs these very files.
        for (disk, name) in [
            (files.agentDisk, SnapshotStore.File.agentDisk), (files.imageDisk ?? "", SnapshotStore.File.imageDisk),
        ] {
            try systemCall("link", disk) { unsafe linkat(AT_FDCWD, disk, directory.number, name, 0) }
        }
        // In the copy the workload goes on only when the agent lets it: when it is another machine.
        try ask(.pause(request: Self.saving), Self.saving)
        let written = Result { try writeFiles(directory.number) }
        try ask(.resume(request: Self.saving), Self.saving)
        try written.get()
    }

    /// Writes memory, state and disk of one moment.
    private func writeFiles(_ directory: CInt) throws {
        let state = try SavedMachine.File.make(SavedMachine.File.state, at: directory)
        let memory = try SavedMachine.File.make(SavedMachine.File.memory, at: directory)
        try control?.pause()
        let written = Result {
            try control?.snapshot(state: state, memory: memory)
            if let disk = files.scratchDisk {
                let source = try OwnedDescriptor.open(disk, O_RDONLY)
                let copy = try SavedMachine.File.make(SnapshotStore.File.scratchDisk, at: directory)
                try SparseFile.copy(source, disk, to: copy)
            }
        }
        try control?.resume()
        try written.get()
    }

    /// Makes a copy that has been restored another machine than the one that was written down. Its workload waits.
    func renew() throws {
        let renewal = try GuestSpecification(record, spec, directory: directory).renewal()
        try ask(.renew(request: Self.renewing, renewal), Self.renewing)
    }

    /// Lets the workload of a copy go on.
    func goOn() throws { try ask(.resume(request: Self.renewing), Self.renewing) }

    // Numbers of requests: an answer is to the one that was asked.
    private static let renewing: UInt32 = 1
    private static let saving: UInt32 = 2

    private func ask(_ message: HostMessage, _ request: UInt32) throws {
        connection?.send(message)
        try wait(for: .done(request: request))
    }
}
