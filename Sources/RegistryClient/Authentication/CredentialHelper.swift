import Glibc
import JSON
import LinuxSystem
import RegistryProtocol

/// A program `docker-credential-NAME` that keeps logins: it is told a server on its standard input, and answers with
/// JSON.
struct CredentialHelper {
    /// The part after `docker-credential-`.
    let name: String
    /// How long it may take: it may ask the user to unlock a key ring.
    var limit = Duration.seconds(60)
    /// Bytes of its answer, at most.
    static let maximumAnswer = 64 << 10

    /// Asks for a login. Blocks until the program has ended.
    ///
    /// - Returns: nil where the program knows none.
    func credentials(for server: String) throws(PullError) -> Credentials? {
        let program = "docker-credential-\(name)"
        guard !name.isEmpty, name.utf8.allSatisfy(Self.isNameByte) else {
            throw PullError(
                .failed, "the credential helper '\(String(foreign: name))' of Docker's config.json is no name")
        }
        guard let path = ChildProgram.find(program) else {
            throw PullError(.failed, "cannot find \(program), which Docker's config.json names: install it")
        }
        let answer: (output: [UInt8], status: CInt)
        do {
            answer = try run(path, input: Array("\(server)\n".utf8))
        } catch {
            throw PullError(.failed, "\(program): \(error)")
        }
        if answer.status != 0 {
            // The text of docker-credential-helpers for a login that is not there.
            let text = String(foreign: String(decoding: answer.output, as: UTF8.self))
            if text.hasPrefix("credentials not found") { return nil }
            throw PullError(.failed, "\(program) failed with status \(answer.status): \(text)")
        }
        return try Self.read(answer.output, program)
    }

    /// Reads a helper's answer.
    static func read(_ output: [UInt8], _ program: String) throws(PullError) -> Credentials? {
        let answer: JSONValue
        do {
            answer = try JSONParser.parse(output)
        } catch {
            throw PullError(.failed, "\(program) gave an answer that is \(error)")
        }
        guard let user = answer["Username"]?.stringValue, let secret = answer["Secret"]?.stringValue else {
            throw PullError(.failed, "\(program) gave an answer without Username and Secret")
        }
        if user.isEmpty, secret.isEmpty { return nil }
        return user == "<token>" ? .identityToken(secret) : .password(user: user, secret: secret)
    }

    private struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private func run(_ path: String, input: [UInt8]) throws -> (output: [UInt8], status: CInt) {
        var question = try Pipe()
        var answer = try Pipe()
        let child = try ChildProgram.spawn(
            path, ["get"],
            descriptors: [(STDIN_FILENO, question.read.number), (STDOUT_FILENO, answer.write.number)])
        // The program's ends are its own now; what is put in their place closes ours.
        answer.write = OwnedDescriptor(owning: -1)
        question.read = OwnedDescriptor(owning: -1)
        do {
            // It fits a pipe's buffer, so this does not wait for the program.
            try WholeFile.write(input, to: question.write.number, "credential helper")
            question.write = OwnedDescriptor(owning: -1)
            let output = try read(answer.read.number)
            return (output, try child.wait())
        } catch {
            kill(child.process, SIGKILL)
            _ = try child.wait()
            throw error
        }
    }

    private func read(_ descriptor: CInt) throws -> [UInt8] {
        let end = ContinuousClock.now + limit
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let left = end - .now
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = try systemCall("poll") {
                unsafe poll(&entry, 1, CInt(clamping: max(left.components.seconds, 0) * 1000 + 1))
            }
            if ready == 0 || left <= .zero { throw Failure(description: "no answer in \(limit)") }
            let count = try systemCall("read", "credential helper") {
                // The buffer is as long as the count says.
                unsafe Glibc.read(descriptor, &buffer, buffer.count)
            }
            if count == 0 { return output }
            output += buffer[..<count]
            if output.count > Self.maximumAnswer {
                throw Failure(description: "an answer of more than \(Self.maximumAnswer) bytes")
            }
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-._".utf8.contains(byte)
        }
    }
}
