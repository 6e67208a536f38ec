import CommandLineOptions
import Launcher

let copyCommand = Command(
    "cp", aliases: [["container", "cp"]],
    summary: "Copy files between a container and the host",
    operands: "SOURCE TARGET",
    options: [
        Option("-a", "--archive", help: "keep owners"),
        Option("-L", "--follow-link", help: "follow a symbolic link that was named"),
        Option("-q", "--quiet", help: "accepted for Docker's sake: nothing is printed in any case"),
    ]
) { arguments in
    let place = try ContainerPlace(arguments)
    let store = place.store
    let source = CopyOperand(arguments.operands[0])
    let target = CopyOperand(arguments.operands[1])
    let options = TreeCopier.Options(
        keepsOwners: arguments.has("--archive"), followsLink: arguments.has("--follow-link"))
    let archiver = ImageProgram(root: store.root, configuration: place.configuration)
    switch (source.container, target.container) {
    case (let name?, nil) where target.path == "-":
        try refuseArchive(of: name, store, options)
        let container = try ContainerFilesystem(name, store)
        try archiver.archive(container.place(source.path), followsLink: options.followsLink)
        _ = consume container
    case (nil, let name?) where source.path == "-":
        try refuseArchive(of: name, store, options)
        let container = try ContainerFilesystem(name, store)
        try archiver.extract(into: container.place(target.path))
        _ = consume container
    case (let name?, nil):
        if let guest = try GuestCopy(name, store, options) {
            try guest.copyOut(source.path, to: target.path)
            return 0
        }
        let container = try ContainerFilesystem(name, store)
        try TreeCopier.copy(from: container.place(source.path), to: CopyPlace(host: target.path), options)
        _ = consume container
    case (nil, let name?):
        if let guest = try GuestCopy(name, store, options) {
            try guest.copyIn(source.path, to: target.path)
            return 0
        }
        let container = try ContainerFilesystem(name, store)
        try TreeCopier.copy(from: CopyPlace(host: source.path), to: container.place(target.path), options)
        _ = consume container
    case (nil, nil): throw UsageError("one of the two should be CONTAINER:PATH")
    default: throw UsageError("files cannot be copied from container to container: copy them to the host first")
    }
    return 0
}

/// A running micro-VM's files are its guest's, which passes no archives on.
private func refuseArchive(of name: String, _ store: ContainerStore, _ options: TreeCopier.Options) throws {
    if try GuestCopy(name, store, options) != nil {
        throw UsageError("'-' (a tar archive) is not for a micro-VM that runs: name a file or directory")
    }
}

/// `CONTAINER:PATH`, or a path on the host: one that begins with `/` or `.` is always that.
private struct CopyOperand {
    let container: String?
    let path: String

    init(_ text: String) {
        guard let first = text.first, first != "/", first != ".", let colon = text.firstIndex(of: ":") else {
            container = nil
            path = text
            return
        }
        container = String(text[..<colon])
        path = String(text[text.index(after: colon)...])
    }
}
