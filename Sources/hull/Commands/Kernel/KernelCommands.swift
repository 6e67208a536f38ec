import CommandLineOptions
import JSON
import Launcher

let buildKernelCommand = Command(
    "kernel", "build", summary: "Build the kernel that micro-VMs start from, unless it was built before"
) { arguments in
    print(try KernelBuild.run(root: Place(arguments).store.path))
    return 0
}

let listKernelsCommand = Command(
    "kernel", "list", aliases: [["kernel", "ls"]], summary: "List the kernels of this host for micro-VMs",
    options: [imageFormatOption]
) { arguments in
    let asJSON = try arguments.wantsJSON()
    let kernels = try allKernels(arguments)
    if asJSON {
        for kernel in kernels { print(kernel.json.text()) }
        return 0
    }
    var table = TextTable(["KERNEL", "VERSION", "SIZE", "CREATED", "DEFAULT", "PATH"])
    for kernel in kernels {
        table.add([
            kernel.name, kernel.version, kernel.readableSize, kernel.age, kernel.isDefault ? "yes" : "", kernel.path,
        ])
    }
    table.print()
    return 0
}

let inspectKernelCommand = Command(
    "kernel", "inspect", summary: "Show how a kernel was built, and its digest", operands: "[KERNEL]"
) { arguments in
    let kernels = try allKernels(arguments)
    let kernel: GuestKernel
    if let name = arguments.operands.first {
        let matches = kernels.filter { $0.path == name || $0.name.hasPrefix(name) }
        guard let match = matches.first else {
            throw LaunchError("no such kernel: \(name): 'hull kernel list' shows those that there are", status: 1)
        }
        if Set(matches.map(\.name)).count > 1 {
            throw LaunchError("several kernels have names that begin with \(name): give more digits", status: 1)
        }
        kernel = match
    } else {
        guard let standard = kernels.first(where: \.isDefault) else {
            throw LaunchError("there is no kernel for micro-VMs yet: run 'hull kernel build'", status: 1)
        }
        kernel = standard
    }
    print(JSONValue.array([try kernel.inspection()]).text(.pretty))
    return 0
}

private func allKernels(_ arguments: Arguments) throws -> [GuestKernel] {
    let place = try Place(arguments)
    return try GuestKernel.all(
        root: place.store.path, place.configuration, place.surroundings.environment)
}
