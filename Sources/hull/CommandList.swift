import CommandLineOptions

/// Every command of `hull`, in the order in which the help lists them. A command is one file in `Commands/` that
/// defines one global constant; its aliases (`hull rmi`, `hull container ls`) are part of it.
let commandTable = CommandTable(
    program: "hull",
    summary: "Runs OCI images as containers or micro-VMs on Linux.",
    globals: [
        Option("--root", value: "DIR", help: "where images and containers are kept (HULL_ROOT)"),
        Option("--config", value: "FILE", help: "the configuration file (HULL_CONFIG)"),
    ],
    groups: [
        "container": "Works with containers",
        "image": "Works with images",
        "kernel": "Works with the kernels of micro-VMs",
        "template": "Works with the machines from which micro-VMs go on",
        "snapshot": "Works with running micro-VMs that were written down",
        "system": "Tells about Hull and this host",
    ],
    commands: [
        // Containers
        runCommand, createCommand, startCommand, execCommand, listCommand, logsCommand, attachCommand, stopCommand,
        killCommand, restartCommand, pauseCommand, unpauseCommand, waitCommand, removeCommand, renameCommand,
        inspectCommand, statsCommand, topCommand, copyCommand, portCommand, pruneContainersCommand,

        // Images
        pullCommand, loadCommand, saveCommand, importCommand, imagesCommand, removeImageCommand, tagCommand,
        inspectImageCommand, pruneImagesCommand, unpackImageCommand,

        // Comparison
        compareCommand, compareReportCommand,

        // Kernels of micro-VMs
        buildKernelCommand, listKernelsCommand, inspectKernelCommand,

        // Templates of micro-VMs
        buildTemplateCommand, listTemplatesCommand, inspectTemplateCommand, removeTemplateCommand,

        // Snapshots of micro-VMs
        createSnapshotCommand, listSnapshotsCommand, inspectSnapshotCommand, removeSnapshotCommand,

        // System
        doctorCommand, infoCommand, eventsCommand, versionCommand, helpCommand, completionCommand, manualCommand,
        completeCommand,
    ])
