/// A parser that reads foreign bytes. A run ends in peace whatever the bytes are; errors are for the parser to throw.
struct FuzzTarget: Sendable {
    var name: String
    var run: @Sendable ([UInt8]) -> Void

    /// The one that this process runs; libFuzzer has one thread.
    nonisolated(unsafe) static var current: FuzzTarget?
}

let fuzzTargets = [
    referenceTarget, jsonTarget, manifestTarget, layerTarget, archiveTarget, specTarget, seccompTarget,
    configurationTarget, environmentFileTarget, userDatabaseTarget, logLineTarget, registryTarget,
    blockDeviceTarget, randomDeviceTarget, balloonDeviceTarget, consoleDeviceTarget, netDeviceTarget, vsockDeviceTarget,
    agentProtocolTarget, processMessagesTarget, snapshotTarget, hypercallsTarget, kernelTarget, portsTarget,
    copiedTreeTarget, guestFiguresTarget, optionsTarget, timeTarget, recordsTarget, hostFilesTarget, suiteTarget,
    comparisonResultTarget, conditionTarget,
]
