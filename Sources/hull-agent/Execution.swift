import AgentProtocol
import ContainerRuntime
import JSON
import LinuxSystem
import OCISpec

/// Further processes beside the workload.
enum Execution {
    /// Starts one; it runs when this returns.
    static func start(
        number: UInt32, _ execution: HostMessage.Execution, in state: ContainerState
    ) throws(ProcessFailure) -> ManagedProcess {
        let value = try ProcessFailure.translating { () throws(JSONSyntaxError) in
            try JSONParser.parse(execution.description)
        }
        let description = try ProcessFailure.translating { () throws(JSONShapeError) in
            try value.decode(Spec.Process.self)
        }
        let container = try ProcessFailure.translating { () throws(RuntimeError) in
            try RunningContainer(state: state)
        }
        if description.terminal ?? false {
            var executed = try ProcessFailure.translating { () throws(RuntimeError) in
                try container.exec(description, privileged: execution.isPrivileged)
            }
            guard let terminal = executed.takeTerminal() else { throw ProcessFailure("the process has no terminal") }
            let process = try ProcessFailure.translating { () throws(SystemError) in
                try ManagedProcess(number: number, terminal: terminal, size: execution.terminal)
            }
            process.pid = executed.pid
            return process
        }
        let streams = try ProcessFailure.translating { () throws(SystemError) in
            try ProcessStreams(number: number, hasInput: execution.hasInput)
        }
        let standard = streams.standard
        let executed = try ProcessFailure.translating { () throws(RuntimeError) in
            try container.exec(description, streams: standard, privileged: execution.isPrivileged)
        }
        streams.process.pid = executed.pid
        return streams.process
    }
}
