import Glibc
import ImageStore

@testable import ImageArchive

/// A docker-archive or an OCI archive that is loaded. Nothing beside the store may change.
let archiveTarget = FuzzTarget(name: "archive") { bytes in
    let place = HostilePlace()
    let archive = place.path + "/archive"
    guard let file = fopen(archive, "w") else { fatalError("no file to write") }
    let repaired = TarRepair.repaired(bytes)
    fwrite(repaired, 1, repaired.count, file)
    fclose(file)
    var options = UnpackOptions()
    options.limits.bytes = 4 << 20
    options.limits.ratioFreeBytes = 1 << 20
    options.limits.entries = 200
    options.limits.fileSize = 1 << 30
    options.devices = .skip
    guard let store = try? ImageStore(root: place.inside) else { fatalError("no store") }
    try? ImageLoader(store, options).load(archive)
    unlink(archive)
    place.check()
}
