import Glibc
import LinuxSystem

/// A guest's memory as a file: all regions one after the other by rising address, pages of zeroes left out as holes.
public enum MemoryImage {
    /// As many zero pages between two others are written rather than left out: a call costs more than they do.
    private static let gap: UInt64 = 8

    /// Writes the memory of a guest that stands still to a file, which is emptied first.
    ///
    /// - Returns: the bytes that were written.
    public static func write(
        _ memory: GuestMemory, to file: CInt, _ pages: borrowing PageTable
    ) throws(GuestMemoryError) -> UInt64 {
        try system { () throws(SystemError) in
            try systemCall("ftruncate", "memory file") { ftruncate(file, 0) }
            try systemCall("ftruncate", "memory file") { ftruncate(file, off_t(memory.size)) }
        }
        var written: UInt64 = 0
        var start: UInt64 = 0
        for region in memory.regions {
            let runs = try runs(of: region, pages)
            for run in runs {
                try write(memory, region, run, to: file, at: start + run.lowerBound)
                written += UInt64(run.count)
            }
            start += region.size
        }
        return written
    }

    /// The stretches of a region, as offsets in bytes, that are to be written.
    private static func runs(
        of region: GuestRegion, _ pages: borrowing PageTable
    ) throws(GuestMemoryError) -> [Range<UInt64>] {
        let size = GuestMapping.pageSize
        var runs: [Range<UInt64>] = []
        var data = DataStretches(of: region)
        for first in stride(from: 0, to: region.size, by: PageTable.maximumCount * Int(size)) {
            let count = Int(min((region.size - first) / size, UInt64(PageTable.maximumCount)))
            let entries = try system { () throws(SystemError) in
                try pages.entries(from: region.hostAddress + first, count: count)
            }
            for (index, entry) in entries.enumerated() {
                let offset = first + UInt64(index) * size
                // What this process has not made its own is the file's, and zero where that has a hole or there is none.
                if !entry.isTouched || entry.isOfFile, try !data.contains(offset) { continue }
                if region.isZero(page: offset) { continue }
                if let last = runs.last, offset - last.upperBound <= gap * size {
                    runs[runs.count - 1] = last.lowerBound..<(offset + size)
                } else {
                    runs.append(offset..<(offset + size))
                }
            }
        }
        return runs
    }

    private static func write(
        _ memory: GuestMemory, _ region: GuestRegion, _ run: Range<UInt64>, to file: CInt, at place: UInt64
    ) throws(GuestMemoryError) {
        var vectors = GuestVectors(memory)
        try vectors.append(
            GuestAddress(region.start.value + run.lowerBound), length: run.upperBound - run.lowerBound)
        var place = place
        while vectors.byteCount > 0 {
            let count = try system { () throws(SystemError) in
                try vectors.write(to: file, at: place, "memory file")
            }
            vectors.removeFirst(UInt64(count))
            place += UInt64(count)
        }
    }

    private static func system<Value>(_ body: () throws(SystemError) -> Value) throws(GuestMemoryError) -> Value {
        do throws(SystemError) { return try body() } catch { throw .system(error) }
    }
}

/// Where the file behind a region has data. Asked with rising offsets.
private struct DataStretches {
    private let file: (number: CInt, offset: UInt64)?
    private let isAnonymous: Bool
    /// The stretch that ends behind what was asked for last, by the file's offsets.
    private var stretch: Range<UInt64> = 0..<0

    init(of region: GuestRegion) {
        file = region.imageFile
        isAnonymous = region.backing == .anonymous
    }

    /// Whether there may be something other than zeroes at an offset in the region.
    mutating func contains(_ offset: UInt64) throws(GuestMemoryError) -> Bool {
        guard let file else { return !isAnonymous }
        let place = file.offset + offset
        if place >= stretch.upperBound { stretch = try next(file.number, place) }
        return stretch.contains(place)
    }

    private func next(_ file: CInt, _ place: UInt64) throws(GuestMemoryError) -> Range<UInt64> {
        let start = lseek(file, off_t(place), SEEK_DATA)
        // There is no more.
        if start < 0, errno == ENXIO { return UInt64.max..<UInt64.max }
        let end = lseek(file, start, SEEK_HOLE)
        guard start >= 0, end > start else { throw .system(.last("lseek", "memory file")) }
        return UInt64(start)..<UInt64(end)
    }
}

extension GuestRegion {
    /// Whether a page, by its offset, is all zeroes.
    fileprivate func isZero(page offset: UInt64) -> Bool {
        // A page within the mapping: a word that is zero, and each that equals the one before it.
        let page = unsafe mapping.base + Int(offset)
        return unsafe page.load(as: UInt64.self) == 0
            && memcmp(page, page + 8, Int(GuestMapping.pageSize) - 8) == 0
    }
}

/// Where the memory of a new machine comes from.
public enum MemorySource: Sendable {
    /// It is empty.
    case fresh
    /// It is that of an image: mapped private, so that pages are read when they are touched, and shared until they are
    /// written. The caller vouches that the file does not change.
    case image(file: CInt)

    /// Maps a part.
    ///
    /// - Parameter offset: where it lies in an image.
    public func mapping(size: UInt64, at offset: UInt64) throws(GuestMemoryError) -> GuestMapping {
        switch self {
        case .fresh: try .anonymous(size: size)
        case .image(let file): try .privateFile(file, offset: offset, size: size)
        }
    }
}
