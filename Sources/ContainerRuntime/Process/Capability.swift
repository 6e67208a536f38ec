import LinuxSystem
import OCISpec

/// Capabilities as bits (capabilities(7); numbers of `linux/capability.h`).
enum Capability {
    /// CAP_SYS_ADMIN's bit.
    static let systemAdministration: UInt64 = 1 << 21

    /// The bits of a set of names.
    ///
    /// - Parameter place: where in the specification the names are, for the message.
    static func bits(_ names: [String]?, at place: String) throws(RuntimeError) -> UInt64 {
        var bits: UInt64 = 0
        for name in names ?? [] {
            guard let number = CapabilityNames.number(of: name) else {
                throw .invalid(at: place, reason: "there is no capability \"\(printable(name))\"")
            }
            bits |= 1 << UInt64(number)
        }
        return bits
    }
}

/// The five sets as bits.
struct CapabilitySets: Equatable {
    var bounding: UInt64
    var effective: UInt64
    var inheritable: UInt64
    var permitted: UInt64
    var ambient: UInt64

    /// Reads the names.
    init(_ spec: Spec.Capabilities) throws(RuntimeError) {
        let place = "process.capabilities."
        bounding = try Capability.bits(spec.bounding, at: place + "bounding")
        effective = try Capability.bits(spec.effective, at: place + "effective")
        inheritable = try Capability.bits(spec.inheritable, at: place + "inheritable")
        permitted = try Capability.bits(spec.permitted, at: place + "permitted")
        ambient = try Capability.bits(spec.ambient, at: place + "ambient")
        // The kernel refuses these (capabilities(7)); say so before anything is made.
        guard effective & ~permitted == 0 else {
            throw .invalid(at: place + "effective", reason: "holds capabilities that are not in permitted")
        }
        guard ambient & ~(permitted & inheritable) == 0 else {
            throw .invalid(
                at: place + "ambient", reason: "holds capabilities that are not in both permitted and inheritable")
        }
    }

    /// What a process has that names none: all for root; an ordinary user has none of them in force.
    init(everythingFor user: UInt32) {
        self.init(bounding: (1 << UInt64(CapabilityNames.all.count)) - 1, for: user)
    }

    /// What a process has that names none but cannot have all.
    init(bounding bits: UInt64, for user: UInt32) {
        let held = user == 0 ? bits : 0
        (bounding, effective, inheritable, permitted, ambient) = (bits, held, 0, held, 0)
    }
}
