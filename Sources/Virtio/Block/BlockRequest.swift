import CLinux
import Glibc
import GuestMemory
import LinuxSystem

extension BlockDevice {
    /// Why a request is answered with an error.
    private struct Refusal: Error {
        let status: BlockLayout.Status
    }

    /// Serves the request in the queue's chain: a header to read, data, and a byte for the status as the last to write.
    ///
    /// - Returns: bytes written to the chain.
    func serve(_ queue: VirtQueue) throws(VirtioError) -> UInt64 {
        let chain = queue.chain
        guard chain.readableLength >= BlockLayout.headerSize, chain.writableLength >= 1 else {
            throw .request("block request without header or status")
        }
        let statusPlace = chain.writableLength - 1
        var written: UInt64 = 0
        var status = BlockLayout.Status.ok
        do throws(Refusal) {
            written = try perform(queue, room: statusPlace)
        } catch {
            status = error.status
        }
        try chain.write(status.rawValue, at: statusPlace)
        // The count is of bytes from the first on: what is not filled up to the status does not count.
        return written == statusPlace ? written + 1 : written
    }

    private func perform(_ queue: VirtQueue, room: UInt64) throws(Refusal) -> UInt64 {
        let chain = queue.chain
        let header = try refusing { () throws(VirtioError) in
            (try chain.read(UInt32.self, at: 0), try chain.read(UInt64.self, at: 8))
        }
        guard let type = BlockLayout.Request(rawValue: header.0) else { throw Refusal(status: .unsupported) }
        if options.isReadOnly, type != .read, type != .getID { throw Refusal(status: .ioError) }
        let dataLength = chain.readableLength - BlockLayout.headerSize
        switch type {
        case .read:
            let offset = try place(sector: header.1, length: room)
            try transfer(queue, offset) { (vectors) throws(VirtioError) in
                try chain.appendWritable(at: 0, count: room, to: &vectors)
            } call: { (vectors, offset) throws(SystemError) in
                try vectors.read(from: file, at: offset, "disk")
            }
            return room
        case .write:
            let offset = try place(sector: header.1, length: dataLength)
            try transfer(queue, offset) { (vectors) throws(VirtioError) in
                try chain.appendReadable(at: BlockLayout.headerSize, count: dataLength, to: &vectors)
            } call: { (vectors, offset) throws(SystemError) in
                try vectors.write(to: file, at: offset, "disk")
            }
            if writesThrough { try flush() }
            return 0
        case .flush:
            if !options.isScratch { try flush() }
            return 0
        case .getID:
            guard room >= UInt64(BlockLayout.serialSize) else { throw Refusal(status: .ioError) }
            var serial = Array(options.serial.utf8.prefix(BlockLayout.serialSize))
            serial.append(contentsOf: repeatElement(0, count: BlockLayout.serialSize - serial.count))
            // Bytes have no padding.
            try refusing { () throws(VirtioError) in try unsafe chain.write(serial.span.bytes, at: 0) }
            return UInt64(BlockLayout.serialSize)
        case .discard, .writeZeroes:
            try forEachRange(chain, dataLength) { (sector, count, flags) throws(Refusal) in
                let unmaps = type == .discard || flags & BlockLayout.unmapFlag != 0
                // A discard has no flags; write zeroes has one.
                guard type == .discard ? flags == 0 : flags & ~BlockLayout.unmapFlag == 0 else {
                    throw Refusal(status: .unsupported)
                }
                let length = UInt64(count) * BlockLayout.sectorSize
                try clear(try place(sector: sector, length: length), length, unmaps: unmaps)
            }
            if writesThrough { try flush() }
            return 0
        }
    }

    /// The offset in the file of whole sectors that lie in the disk.
    private func place(sector: UInt64, length: UInt64) throws(Refusal) -> UInt64 {
        guard length % BlockLayout.sectorSize == 0, length <= Self.requestLimit, sector <= capacity,
            length / BlockLayout.sectorSize <= capacity - sector
        else { throw Refusal(status: .ioError) }
        return sector * BlockLayout.sectorSize
    }

    /// Moves all bytes between the chain and the file, in as many calls as it takes.
    private func transfer(
        _ queue: VirtQueue, _ offset: UInt64, fill: (inout GuestVectors) throws(VirtioError) -> Void,
        call: (borrowing GuestVectors, UInt64) throws(SystemError) -> Int
    ) throws(Refusal) {
        queue.vectors.removeAll()
        try refusing { () throws(VirtioError) in try fill(&queue.vectors) }
        var offset = offset
        while queue.vectors.byteCount > 0 {
            let count = try refusing { () throws(SystemError) in try call(queue.vectors, offset) }
            // The file has become shorter.
            if count == 0 { throw Refusal(status: .ioError) }
            queue.vectors.removeFirst(UInt64(count))
            offset += UInt64(count)
        }
    }

    private func flush() throws(Refusal) {
        try refusing { () throws(SystemError) in
            _ = try systemCall("fdatasync", "disk") { fdatasync(file) }
        }
    }

    /// Calls `body` with each range of a discard or write-zeroes request.
    private func forEachRange(
        _ chain: DescriptorChain, _ length: UInt64,
        _ body: (_ sector: UInt64, _ count: UInt32, _ flags: UInt32) throws(Refusal) -> Void
    ) throws(Refusal) {
        let count = length / BlockLayout.rangeSize
        guard length % BlockLayout.rangeSize == 0, (1...UInt64(Self.rangeLimit)).contains(count) else {
            throw Refusal(status: .ioError)
        }
        for index in 0..<count {
            let start = BlockLayout.headerSize + index * BlockLayout.rangeSize
            let (sector, sectors, flags) = try refusing { () throws(VirtioError) in
                (
                    try chain.read(UInt64.self, at: start), try chain.read(UInt32.self, at: start + 8),
                    try chain.read(UInt32.self, at: start + 12)
                )
            }
            guard sectors <= Self.rangeSectors else { throw Refusal(status: .ioError) }
            try body(sector, sectors, flags)
        }
    }

    /// Has a range read as zeroes, and gives its blocks back where that is wanted.
    private func clear(_ offset: UInt64, _ length: UInt64, unmaps: Bool) throws(Refusal) {
        if length == 0 { return }
        let mode = (unmaps ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE) | FALLOC_FL_KEEP_SIZE
        if linux_fallocate(file, mode, off_t(offset), off_t(length)) == 0 { return }
        // Some file systems know no such call.
        guard errno == EOPNOTSUPP else { throw Refusal(status: .ioError) }
        let zeroes = [UInt8](repeating: 0, count: Int(min(length, 1 << 20)))
        var done: UInt64 = 0
        while done < length {
            let step = Int(min(length - done, UInt64(zeroes.count)))
            done += UInt64(
                try refusing { () throws(SystemError) in
                    // `step` is at most as long as the array.
                    try systemCall("pwrite", "disk") {
                        unsafe zeroes.withUnsafeBytes {
                            unsafe pwrite(file, $0.baseAddress, step, off_t(offset + done))
                        }
                    }
                })
        }
    }

    /// Answers every error with an I/O error: the device goes on.
    private func refusing<Failure: Error, Result>(_ body: () throws(Failure) -> Result) throws(Refusal) -> Result {
        do throws(Failure) {
            return try body()
        } catch {
            throw Refusal(status: .ioError)
        }
    }
}
