import Glibc

/// The descriptors 0, 1 and 2.
public enum StandardDescriptors {
    /// Opens `/dev/null` for those that whoever started us left closed: else the first file that we open would be taken
    /// for our input or output. For the beginning of a program.
    public static func fill() {
        for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) < 0 {
            // The lowest free number is the one that is missing. Where there is no /dev/null nothing can be done.
            _ = unsafe open("/dev/null", O_RDWR)
        }
    }
}
