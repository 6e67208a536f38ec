import CommandLineOptions
import Glibc
import ImageArchive

// Modes of what is made are what we say they are.
umask(0o022)
// A reader that goes away is an error to report, not an end without clearing up.
signal(SIGPIPE, SIG_IGN)

private let words = Array(CommandLine.arguments.dropFirst())
if geteuid() == 0 {
    exit(imageCommandTable.dispatch(words))
}
do {
    exit(
        try UserNamespaceSession.run {
            let status = imageCommandTable.dispatch(words)
            fflush(nil)
            return status
        })
} catch {
    writeToStandardError("hull-image: \(error): a user who is not root needs user namespaces to keep images\n")
    exit(1)
}
