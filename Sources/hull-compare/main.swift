import CommandLineOptions
import Glibc
import LinuxSystem

StandardDescriptors.fill()
// A side that goes away is a result to report, not an end without clearing up.
signal(SIGPIPE, SIG_IGN)

// hull executes us with the path of itself before its own words.
guard CommandLine.arguments.count > 1, CommandLine.arguments[1].hasPrefix("/") else {
    writeToStandardError("hull-compare: hull compare calls this program; call that\n")
    exit(125)
}
let hullPath = CommandLine.arguments[1]
exit(compareCommandTable.dispatch(Array(CommandLine.arguments.dropFirst(2))))
