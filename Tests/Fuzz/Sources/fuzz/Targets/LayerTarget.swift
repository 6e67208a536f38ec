import Glibc
import ImageStore

@testable import ImageArchive

/// A layer that is unpacked. Nothing beside its directory may change.
let layerTarget = FuzzTarget(name: "layer") { bytes in
    let place = HostilePlace()
    var options = UnpackOptions()
    options.limits.bytes = 4 << 20
    options.limits.ratioFreeBytes = 1 << 20
    options.limits.entries = 200
    options.limits.fileSize = 1 << 30
    options.devices = .skip
    _ = try? unpackLayer(TarRepair.repaired(bytes), into: place.inside, options)
    place.check()
}
