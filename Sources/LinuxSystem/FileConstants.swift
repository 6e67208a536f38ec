/// Flags of open(2) that the Glibc module lacks (`asm-generic/fcntl.h`).
public let O_PATH: CInt = 0o10_000_000
/// The next offset with data, for lseek(2).
public let SEEK_DATA: CInt = 3
/// The next hole, for lseek(2).
public let SEEK_HOLE: CInt = 4
