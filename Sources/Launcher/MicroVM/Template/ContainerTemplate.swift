import Glibc
import LinuxSystem
import OCISpec

extension ContainerStore {
    /// The template from which a container's micro-VM goes on; made where there is none yet.
    ///
    /// - Returns: its key; nil where there is no machine, or it is booted.
    func template(_ record: ContainerRecord, _ spec: Spec, _ files: MachineFiles?) throws -> String? {
        guard let files, record.machine?.startsCold != true else { return nil }
        return try TemplateStore(root: root).provide(
            files, MachineShape(spec), kernelArguments: record.machine?.kernelArguments ?? []
        ) { text in
            // It is told to who watches; for others it is no news.
            if isatty(STDERR_FILENO) == 1 { writeText("hull: \(text)\n", to: STDERR_FILENO) }
        }
    }
}
