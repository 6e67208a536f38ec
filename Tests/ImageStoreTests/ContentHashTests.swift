import ImageStore
import OCISpec
import Testing

@Test func hashesAsTheStandardSays() {
    #expect(
        ContentHash.digest(Array("abc".utf8)).description
            == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
        ContentHash.digest(Array("abc".utf8), algorithm: "sha512").hex.hasPrefix("ddaf35a193617abacc417349ae204131"))
}
