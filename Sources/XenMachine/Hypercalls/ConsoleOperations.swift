extension XenProcessor {
    private enum ConsoleCommand: UInt64 {
        case write = 0
        case read = 1
    }

    /// console_io: the initial domain's console.
    func consoleOperation(_ arguments: HypercallArguments, _ kernel: KernelMemory) throws(HypercallError) -> Int64 {
        switch ConsoleCommand(rawValue: arguments.command) {
        case .write:
            // What is past a page the kernel writes again.
            let count = min(Int(arguments.second & 0xffff_ffff), 4096)
            console.write(try kernel.read(arguments.third, count: count))
            return Int64(count)
        // Nobody types.
        case .read: return 0
        case nil: throw .unknown(command: arguments.command)
        }
    }
}
