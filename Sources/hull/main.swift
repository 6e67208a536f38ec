import CommandLineOptions
import Glibc
import LinuxSystem

StandardDescriptors.fill()
// A pipe whose reader is gone ends us as it ends other programs; the supervisor changes this for itself.
exit(commandTable.dispatch(Array(CommandLine.arguments.dropFirst())))
