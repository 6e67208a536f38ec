import Glibc
import LinuxSystem

/// A machine that was written down, and how to see that it is whole.
public struct SavedMachine: Codable, Equatable, Sendable {
    /// MiB of the guest.
    public var memory: Int64
    /// The guest's processors.
    public var processors: Int
    /// When it was made, in nanoseconds since 1970.
    public var created: Int64
    /// The digest of the state file, which is verified at each use.
    public var stateDigest: String
    /// The digest of the memory file, which is verified where one asks for it: reading it takes longer than a start.
    public var memoryDigest: String
    /// What the file system knows of the memory file, which is verified at each use.
    public var memoryFile: FileStamp

    /// The names of its files in its directory.
    enum File {
        static let state = "state"
        static let memory = "memory"
        static let description = "description.json"

        /// Opens a new one for a machine that is written down.
        static func make(_ name: String, at directory: CInt) throws(SystemError) -> OwnedDescriptor {
            try OwnedDescriptor.open(name, O_RDWR | O_CREAT | O_EXCL, mode: 0o600, at: directory)
        }
    }

    /// Describes the files that were just written, which are on the disk when this returns.
    init(_ directory: String, _ shape: MachineShape) throws {
        let state = try OwnedDescriptor.open(directory + "/" + File.state, O_RDONLY)
        let memory = try OwnedDescriptor.open(directory + "/" + File.memory, O_RDONLY)
        for file in [state.number, memory.number] { try systemCall("fsync", directory) { fsync(file) } }
        self.memory = shape.memory
        processors = shape.processors
        created = WallClock.now.nanoseconds
        stateDigest = try SparseFile.digest(state, directory)
        memoryDigest = try SparseFile.digest(memory, directory)
        memoryFile = try FileStamp(memory, directory)
    }

    /// The bytes that its files take on disk.
    static func size(_ directory: String, _ names: [String] = [File.state, File.memory]) -> Int64 {
        names.reduce(0) { sum, name in
            var status = stat()
            return unsafe stat(directory + "/" + name, &status) == 0 ? sum + Int64(status.st_blocks) * 512 : sum
        }
    }
}

/// The files of a machine that was written down, verified and open.
struct OpenMachine: ~Copyable {
    let state: OwnedDescriptor
    let memory: OwnedDescriptor
    private let saved: SavedMachine

    /// Opens and verifies them.
    ///
    /// - Throws: why they are not to be used.
    init(_ directory: borrowing TrustedDirectory, _ saved: SavedMachine) throws {
        let state = try directory.open(SavedMachine.File.state)
        let memory = try directory.open(SavedMachine.File.memory)
        guard try SparseFile.digest(state, SavedMachine.File.state) == saved.stateDigest else {
            throw LaunchError("its state is not what was written")
        }
        guard try FileStamp(memory, SavedMachine.File.memory) == saved.memoryFile else {
            throw LaunchError("its memory file was changed or replaced")
        }
        self.state = state
        self.memory = memory
        self.saved = saved
    }

    /// Verifies the memory, too.
    func verifyMemory() throws {
        guard try SparseFile.digest(memory, SavedMachine.File.memory) == saved.memoryDigest else {
            throw LaunchError("its memory is not what was written", status: 1)
        }
    }
}
