import CommandLineOptions
import Glibc
import ImageStore
import OCISpec
import RegistryClient
import RegistryEvents
import RegistryProtocol

/// What `hull` calls this program for.
let registryCommandTable = CommandTable(
    program: "hull-registry",
    summary: "Fetches images from registries; hull calls it.",
    globals: [],
    groups: [:],
    commands: [
        Command(
            "pull", summary: "Fetch an image into the store", operands: "REFERENCE",
            options: [
                Option("--store", value: "DIR", help: "where images are kept"),
                Option("--progress-fd", value: "FD", help: "the descriptor to which events are written, as JSON lines"),
                Option("--platform", value: "OS/ARCH", help: "the platform, where the image is for several"),
                Option("--mirror", value: "URL", repeats: true, help: "a server that is asked before the registry"),
                Option("--insecure", help: "allow plain HTTP, and certificates that nobody vouches for"),
                Option(
                    "--insecure-registry", value: "HOST[:PORT]", repeats: true,
                    help: "allow the same for this server, whoever leads there"),
                Option("--cacert", value: "FILE", help: "trust the certificates in this PEM file too"),
            ], run: pull)
    ])

@Sendable private func pull(_ arguments: Arguments) throws -> Int32 {
    guard let root = arguments.value("--store") else { throw UsageError("--store is missing") }
    var platform: Platform?
    if let text = arguments.value("--platform") {
        platform = Platform(text)
        if platform == nil { throw UsageError("invalid value '\(text)' for --platform: OS/ARCH, as linux/amd64") }
    }
    let reference = try Reference(arguments.operands[0])
    let request = ImagePull.Request(reference, platform: platform, mirrors: arguments.values("--mirror"))
    var trust = Trust(
        insecure: Set(arguments.values("--insecure-registry").map { $0.lowercased() }),
        certificates: arguments.value("--cacert"))
    if arguments.has("--insecure") { trust.insecure.insert(reference.registry.lowercased()) }
    let output = try EventOutput(descriptor: arguments.value("--progress-fd"))
    do {
        let store = try ImageStore(root: root)
        let logins = try CredentialFile.load(environment: loginEnvironment())
        let transport = try Transport(trust, userAgent: "hull")
        let image = try waitFor {
            let result: Result<PulledImage, any Error>
            do {
                result = .success(
                    try await ImagePull(request, into: store, over: transport, logins: logins) { output.write($0) }
                        .run())
            } catch {
                result = .failure(error)
            }
            await transport.close()
            return try result.get()
        }
        output.write(.done(image))
        return 0
    } catch {
        let failure = error as? PullError
        let message = "cannot pull \(reference): \(error)"
        output.write(.failed(kind: failure?.kind.rawValue ?? PullError.Kind.failed.rawValue, message: message))
        return failure?.kind.exitStatus ?? PullError.Kind.failed.exitStatus
    }
}

/// What decides where Docker's logins are.
private func loginEnvironment() -> [String: String] {
    var variables: [String: String] = [:]
    for name in ["DOCKER_CONFIG", "HOME"] {
        // The string lives until the environment is changed, which nothing here does.
        if let value = unsafe getenv(name) { variables[name] = unsafe String(cString: value) }
    }
    return variables
}
