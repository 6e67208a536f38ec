import CLinux
import Glibc
import JSON
import LinuxSystem
import OCISpec

/// Runs hooks (config.md, "POSIX-platform Hooks"): one after the other, with the container's state on standard input.
struct HookRunner {
    let id: String
    let bundle: String
    let ociVersion: String
    let annotations: [String: String]?

    /// Makes a runner for a container that is being made.
    init(_ request: ContainerRequest) {
        (id, bundle) = (request.id, request.bundle)
        (ociVersion, annotations) = (request.spec.ociVersion, request.spec.annotations)
    }

    /// Makes a runner for a container that is known by its state.
    init(_ state: ContainerState) {
        (id, bundle) = (state.id, state.bundle)
        (ociVersion, annotations) = (state.ociVersion, state.annotations)
    }

    /// Runs the hooks of one point.
    ///
    /// - Parameters:
    ///   - point: its name, for messages.
    ///   - status: the container's, as the specification calls it there.
    ///   - pid: the container's first process.
    /// - Throws: the first hook that fails; the others are then not run.
    func run(_ hooks: [Spec.Hook]?, at point: String, status: String, pid: pid_t) throws(RuntimeError) {
        guard let hooks, !hooks.isEmpty else { return }
        let state = stateText(status: status, pid: pid)
        for hook in hooks {
            if let reason = Self.run(hook, input: state) {
                throw .hook(point: point, path: printable(hook.path), reason: reason)
            }
        }
    }

    /// Runs all hooks of one point; failures are told and do not stop the others.
    func runAll(_ hooks: [Spec.Hook]?, at point: String, status: String, pid: pid_t) -> [String] {
        var notes: [String] = []
        for hook in hooks ?? [] {
            do throws(RuntimeError) {
                try run([hook], at: point, status: status, pid: pid)
            } catch {
                notes.append("\(error)")
            }
        }
        return notes
    }

    /// The state of the container (runtime.md, "State").
    func stateText(status: String, pid: pid_t) -> [UInt8] {
        var members: [JSONObject.Member] = [
            .init(key: "ociVersion", value: .string(ociVersion)),
            .init(key: "id", value: .string(id)),
            .init(key: "status", value: .string(status)),
        ]
        if pid > 0 { members.append(.init(key: "pid", value: .integer(Int64(pid)))) }
        members.append(.init(key: "bundle", value: .string(bundle)))
        if let annotations, !annotations.isEmpty {
            let sorted = annotations.sorted { $0.key < $1.key }
            members.append(
                .init(
                    key: "annotations",
                    value: .object(JSONObject(sorted.map { .init(key: $0.key, value: .string($0.value)) }))))
        }
        return Array(JSONValue.object(JSONObject(members)).text().utf8)
    }

    /// Runs one hook; returns why it failed.
    private static func run(_ hook: Spec.Hook, input: [UInt8]) -> String? {
        do throws(SystemError) {
            // The state goes through a file in memory: a hook that never reads cannot hold us up.
            let file = OwnedDescriptor(
                owning: try systemCall("memfd_create") { unsafe linux_memfd_create("state", 1) })
            try systemCall("write", "state") {
                unsafe input.withUnsafeBytes { unsafe write(file.number, $0.baseAddress, $0.count) }
            }
            try systemCall("lseek", "state") { lseek(file.number, 0, SEEK_SET) }
            var descriptor: CInt = -1
            let child = try systemCall("clone3", hook.path) { unsafe linux_clone3(0, &descriptor, SIGCHLD, -1) }
            if child == 0 { execute(hook, input: file.number) }
            let pidfd = OwnedDescriptor(owning: descriptor)
            let timedOut = try !hasEnded(pidfd.number, within: hook.timeout)
            if timedOut { _ = linux_pidfd_send_signal(pidfd.number, SIGKILL) }
            var status: CInt = 0
            try systemCall("waitpid", hook.path) { unsafe waitpid(child, &status, 0) }
            if timedOut { return "did not end within \(hook.timeout ?? 0) seconds" }
            if linux_wait_signaled(status) != 0 { return "was ended by signal \(linux_wait_term_signal(status))" }
            let code = linux_wait_exit_status(status)
            return code == 0 ? nil : "ended with exit code \(code)"
        } catch {
            return "\(error)"
        }
    }

    private static func hasEnded(_ pidfd: CInt, within seconds: Int?) throws(SystemError) -> Bool {
        guard let seconds, seconds > 0 else { return true }
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        let end = time.tv_sec + min(seconds, 1 << 20)
        while true {
            unsafe clock_gettime(CLOCK_MONOTONIC, &time)
            let left = end - time.tv_sec
            if left <= 0 { return false }
            var waiting = pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)
            let ready = try systemCall("poll") { unsafe poll(&waiting, 1, CInt(min(left, 1000) * 1000)) }
            if ready > 0 { return true }
        }
    }

    /// In the child: becomes the hook, and never returns.
    private static func execute(_ hook: Spec.Hook, input: CInt) -> Never {
        dup2(input, 0)
        linux_close_range(3, UInt32.max, 0)
        ProcessImage(arguments: hook.args ?? [hook.path], environment: hook.env ?? []).execute(hook.path)
        let message = "hook \(printable(hook.path)): \(errorText(errno))\n"
        // Nothing can be done about a message that cannot be written.
        _ = unsafe message.utf8.withContiguousStorageIfAvailable { unsafe write(2, $0.baseAddress, $0.count) }
        _exit(127)
    }
}
