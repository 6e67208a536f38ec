import CommandLineOptions
import Glibc

// A caller that goes away is noticed when it is written to.
signal(SIGPIPE, SIG_IGN)
exit(registryCommandTable.dispatch(Array(CommandLine.arguments.dropFirst())))
