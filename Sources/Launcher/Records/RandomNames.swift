import CLinux
import Glibc

/// Names and ids for containers that were given none.
public enum RandomNames {
    static let adjectives = [
        "amber", "brisk", "calm", "candid", "clever", "crisp", "curious", "deft", "earnest", "fond", "gentle", "glad",
        "hardy", "honest", "jolly", "keen", "kind", "lively", "lucid", "mellow", "merry", "modest", "neat", "nimble",
        "patient", "plucky", "proud", "quick", "quiet", "ready", "rustic", "serene", "sharp", "sly", "snug", "sober",
        "solid", "spry", "steady", "stout", "sunny", "swift", "tidy", "vivid", "warm", "wise", "witty", "zesty",
    ]
    static let surnames = [
        "abel", "ampere", "babbage", "bell", "bohr", "boole", "cantor", "carson", "cauchy", "curie", "darwin", "dirac",
        "euler", "faraday", "fermat", "fermi", "fourier", "franklin", "galois", "gauss", "germain", "goedel",
        "hamilton",
        "hertz", "hilbert", "hopper", "hubble", "jacobi", "kepler", "kovalevskaya", "lagrange", "laplace", "leavitt",
        "liskov", "lovelace", "maxwell", "meitner", "mendel", "newton", "noether", "pascal", "planck", "ramanujan",
        "ritchie", "shannon", "tesla", "turing", "volta", "weyl", "wu",
    ]

    /// `adjective_surname`; after a few attempts that met names in use, with a number.
    public static func name(attempt: Int) -> String {
        let adjective = adjectives[Int.random(in: adjectives.indices)]
        let surname = surnames[Int.random(in: surnames.indices)]
        return "\(adjective)_\(surname)" + (attempt > 3 ? String(Int.random(in: 10...9999)) : "")
    }

    /// 64 hexadecimal digits from the kernel (getrandom(2), by way of the system's generator).
    public static func id() -> String {
        var generator = SystemRandomNumberGenerator()
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(64)
        for _ in 0..<4 {
            let word = generator.next()
            for place in 0..<16 { text.append(digits[Int(word >> UInt64(4 * place) & 15)]) }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
