import CLinux
import Glibc
import LinuxSystem

/// The bytes of files, copied by the kernel where it can.
enum FileContents {
    /// Copies all that is left in `input`; holes stay holes.
    static func copy(from input: CInt, to output: CInt, _ label: String) throws(SystemError) {
        let size = try FileStatus.of(input, label).st_size
        var position: off_t = 0
        while position < size {
            let data = lseek(input, position, SEEK_DATA)
            if data < 0 {
                if errno == ENXIO { break }  // Only a hole is left.
                return try copyPlainly(from: input, to: output, label)
            }
            let hole = try systemCall("lseek", label) { lseek(input, data, SEEK_HOLE) }
            try systemCall("lseek", label) { lseek(input, data, SEEK_SET) }
            try systemCall("lseek", label) { lseek(output, data, SEEK_SET) }
            try copyRange(from: input, to: output, length: Int(hole - data), label)
            position = hole
        }
        try systemCall("ftruncate", label) { ftruncate(output, max(position, size)) }
    }

    private static func copyRange(from input: CInt, to output: CInt, length: Int, _ label: String) throws(SystemError) {
        var left = length
        while left > 0 {
            let count = linux_copy_file_range(input, output, left)
            if count > 0 {
                left -= count
            } else if count == 0 {
                return  // The file became shorter meanwhile.
            } else if errno != EINTR {
                return try copyPlainly(from: input, to: output, label)
            }
        }
    }

    /// By read(2) and write(2), for files of which the kernel copies no ranges (/proc, other devices).
    private static func copyPlainly(from input: CInt, to output: CInt, _ label: String) throws(SystemError) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = try systemCall("read", label) { unsafe read(input, &buffer, buffer.count) }
            if count == 0 { return }
            var written = 0
            while written < count {
                written += try systemCall("write", label) {
                    unsafe buffer.withUnsafeBytes {
                        unsafe write(output, $0.baseAddress?.advanced(by: written), count - written)
                    }
                }
            }
        }
    }
}
