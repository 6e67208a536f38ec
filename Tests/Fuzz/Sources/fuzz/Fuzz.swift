import Glibc

/// Takes the target's name, the first word of the command line, before libFuzzer reads its own options. Without one it
/// lists the targets.
@c(LLVMFuzzerInitialize)
func initialize(
    _ count: UnsafeMutablePointer<CInt>,
    _ words: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
) -> CInt {
    let name = words.pointee[1].map { String(cString: $0) }
    guard let target = fuzzTargets.first(where: { $0.name == name }) else {
        for target in fuzzTargets { print(target.name) }
        exit(2)
    }
    FuzzTarget.current = target
    // The program's name moves to the place of the target's.
    words.pointee[1] = words.pointee[0]
    words.pointee += 1
    count.pointee -= 1
    return 0
}

/// Runs one input.
@c(LLVMFuzzerTestOneInput)
func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    FuzzTarget.current?.run(Array(UnsafeBufferPointer(start: data, count: size)))
    return 0
}
