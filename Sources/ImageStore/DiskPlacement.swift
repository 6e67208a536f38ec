import CLinux
import Glibc
import LinuxSystem
import OCISpec

/// The read-only disks that micro-VMs start from: a file for each list of layers, and one for the guest's agent. They are
/// made when one is first needed, and go when nothing refers to the image.
extension ImageStore {
    /// Where disks are.
    public var disks: String { root + "/disks" }
    /// The disks of images.
    var imageDisks: String { disks + "/sha256" }
    /// The disks of agents.
    var agentDisks: String { disks + "/agent" }
    /// An empty directory: the lowest layer of every image, and where layers are put together.
    public var emptyDirectory: String { disks + "/empty" }

    /// The disk of an image's layers, whether it is there or not.
    ///
    /// - Parameter diffIDs: lowest first, as in the image's configuration.
    public func imageDisk(_ diffIDs: [Digest]) -> String {
        // A layer that comes twice counts where it is topmost, as it does for an overlay.
        var seen: Set<Digest> = []
        let layers = diffIDs.reversed().filter { seen.insert($0).inserted }.reversed()
        // The chain id of image-spec, config.md.
        var chain: Digest?
        for layer in layers { chain = chain.map { ContentHash.digest(Array("\($0) \(layer)".utf8)) } ?? layer }
        return "\(imageDisks)/\((chain ?? ContentHash.digest([])).hex).erofs"
    }

    /// The layer that is unpacked in a directory; nil where the directory is none of this store's layers.
    public func diffID(layerDirectory path: String) -> Digest? {
        let names = path.split(separator: "/").suffix(2)
        guard let digest = Digest(names.joined(separator: ":")), layerDirectory(digest) == path else { return nil }
        return digest
    }

    /// The disk of an agent, whether it is there or not. It is named by what tells one build of the agent from another:
    /// device, inode, size and time of its file.
    ///
    /// - Throws: where the agent is not there.
    public func agentDisk(agent path: String) throws(StoreError) -> String {
        var status = stat()
        try storing { () throws(SystemError) in _ = try systemCall("stat", path) { unsafe stat(path, &status) } }
        let time = "\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
        let identity = "\(status.st_dev) \(status.st_ino) \(status.st_size) \(time)"
        return "\(agentDisks)/\(ContentHash.digest(Array(identity.utf8)).hex).erofs"
    }

    /// Begins a disk. The caller holds a `ContentHold`.
    ///
    /// - Parameter path: of `imageDisk` or `agentDisk`.
    /// - Returns: nil where the disk is there, perhaps because another process made it while this one waited.
    public func makeDiskWork(_ path: String) throws(StoreError) -> DiskWork? {
        // As the layers that they are made of, disks are for their owner.
        for (directory, mode) in [(disks, 0o700), (imageDisks, 0o755), (agentDisks, 0o755), (emptyDirectory, 0o755)]
            as [(String, mode_t)] where !StoreFiles.exists(directory)
        {
            try StoreFiles.makeDirectories(directory, mode: mode)
        }
        while !StoreFiles.exists(path) {
            if let work = try DiskWork(path) { return work }
        }
        return nil
    }

    /// Begins a directory for what a disk is made of. Its maker removes it.
    public func makeDiskContents() throws(StoreError) -> String {
        let path = disks + "/" + StoreFiles.unique("tmp-")
        try storing { () throws(SystemError) in _ = try systemCall("mkdir", path) { unsafe mkdir(path, 0o755) } }
        return path
    }

    /// Removes disks that no image needs, and all of agents but the newest. What is not complete is nobody's under the
    /// exclusive lock.
    ///
    /// - Returns: the bytes that they had.
    func collectDisks(needed: Set<String>) throws(StoreError) -> Int64 {
        var bytes: Int64 = 0
        var agents: [(path: String, time: Int)] = []
        for directory in [imageDisks, agentDisks] {
            for name in try StoreFiles.names(in: directory) {
                let path = directory + "/" + name
                var status = stat()
                guard !needed.contains(path), unsafe lstat(path, &status) == 0 else { continue }
                if directory == agentDisks, name.hasSuffix(DiskWork.finishedSuffix) {
                    agents.append((path, status.st_mtim.tv_sec))
                    continue
                }
                try storing { () throws(SystemError) in try TreeRemoval.remove(path) }
                bytes += Int64(status.st_size)
            }
        }
        for agent in agents.sorted(by: { $0.time > $1.time }).dropFirst() {
            try storing { () throws(SystemError) in try TreeRemoval.remove(agent.path) }
        }
        return bytes
    }
}

/// A disk while it is made: a file that only its maker writes, by a lock that a program of the maker's can share. Dropping
/// it before `place` removes it.
public final class DiskWork {
    static let finishedSuffix = ".erofs"

    /// The file, under another name than its own.
    public let path: String
    /// The locked file. As long as anyone has it open nobody else begins the same disk.
    public var descriptor: CInt { file.number }
    private let file: OwnedDescriptor
    private let name: String
    private var isPlaced = false

    /// - Returns: nil where another process had it meanwhile.
    fileprivate init?(_ name: String) throws(StoreError) {
        self.name = name
        let path = name + ".partial"
        self.path = path
        file = try storing { () throws(SystemError) in
            let file = try OwnedDescriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o644)
            try systemCall("flock", path) { linux_flock(file.number, LOCK_EX) }
            return file
        }
        var opened = stat()
        var named = stat()
        guard unsafe fstat(file.number, &opened) == 0, unsafe lstat(path, &named) == 0,
            opened.st_ino == named.st_ino, opened.st_dev == named.st_dev
        else {
            isPlaced = true
            return nil
        }
    }

    deinit {
        if !isPlaced { _ = unsafe unlink(path) }
    }

    /// Makes the disk durable and gives it its name.
    public func place() throws(StoreError) {
        try storing { () throws(SystemError) in
            try systemCall("fsync", path) { fsync(file.number) }
            try systemCall("rename", name) { unsafe rename(path, name) }
        }
        isPlaced = true
        try StoreFiles.syncDirectory(of: name)
    }
}
