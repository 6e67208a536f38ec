import CLinux
import Glibc
import LinuxSystem
import Testing

@testable import MachineMonitor

@Suite struct MachineSnapshotTests {
    private func snapshot() throws -> MachineSnapshot {
        MachineSnapshot(
            kind: .software, memorySize: 128 << 20, processors: 1, identity: try SnapshotFiles.makeIdentity(),
            imageSize: 0x3000, devices: [], machine: [1, 2, 3], console: Array("last line\n".utf8))
    }

    @Test func comesBackAsItWasWritten() throws {
        let snapshot = try snapshot()
        #expect(try MachineSnapshot(snapshot.encode()) == snapshot)
    }

    @Test func isRefusedWithAReasonWhereItIsCutOff() throws {
        let bytes = try snapshot().encode()
        for length in 0..<bytes.count {
            #expect(throws: MachineError.self) { try MachineSnapshot(Array(bytes.prefix(length))) }
        }
        #expect(throws: MachineError.self) { try MachineSnapshot(bytes + [0]) }
    }

    @Test func isRefusedWhereAnyBitIsWrong() throws {
        let bytes = try snapshot().encode()
        for bit in 0..<(8 * bytes.count) {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: MachineError.self) { try MachineSnapshot(damaged) }
        }
    }

    @Test func whatIsBehindARightChecksumIsCheckedToo() throws {
        let bytes = try snapshot().encode()
        // Every byte of the payload, with the checksum made right again: an error or another snapshot, never a crash.
        for place in 24..<bytes.count {
            for value in [UInt8(0), 1, 0x7f, 0xff] {
                var changed = bytes
                changed[place] = value
                changed.put(Checksum.of(changed[24...]), at: 16)
                if let read = try? MachineSnapshot(changed) { #expect(try MachineSnapshot(read.encode()) == read) }
            }
        }
    }

    @Test func belongsToItsMemoryFile() throws {
        let snapshot = try snapshot()
        let file = OwnedDescriptor(owning: linux_memfd_create("memory", 0))
        ftruncate(file.number, 0x3000)
        #expect(throws: MachineError.snapshot("the memory file is cut off or too long")) {
            try SnapshotFiles.check(snapshot, memory: file.number)
        }
        try SnapshotFiles.finish(snapshot, memory: file.number)
        try SnapshotFiles.check(snapshot, memory: file.number)
        var other = snapshot
        other.identity[0] ^= 1
        #expect(throws: MachineError.snapshot("the memory file is not the one of this state file")) {
            try SnapshotFiles.check(other, memory: file.number)
        }
        let state = OwnedDescriptor(owning: linux_memfd_create("state", 0))
        try SnapshotFiles.write(snapshot, to: state.number)
        #expect(try SnapshotFiles.read(state.number) == snapshot)
    }
}
