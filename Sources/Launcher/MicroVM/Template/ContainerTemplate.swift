import Glibc
import LinuxSystem
import OCISpec

extension ContainerStore {
    /// Where a container's micro-VM begins: at a template, which is made where there is none yet, or with a boot.
    func origin(_ record: ContainerRecord, _ spec: Spec, _ files: MachineFiles?) throws -> MachineOrigin {
        guard let files, record.machine?.startsCold != true else { return .boot }
        let key = try TemplateStore(root: root).provide(
            files, MachineShape(spec), kernelArguments: record.machine?.kernelArguments ?? []
        ) { text in
            // It is told to who watches; for others it is no news.
            if isatty(STDERR_FILENO) == 1 { writeText("hull: \(text)\n", to: STDERR_FILENO) }
        }
        return key.map { .template($0) } ?? .boot
    }
}
