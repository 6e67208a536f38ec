import LinuxSystem

/// The log of a running container, made when there is something to write. A log that cannot be written does not stop the
/// workload: the reason is kept, and nothing more is written.
struct ContainerLog: ~Copyable {
    private let path: String
    private let maximumSize: Int64?
    private let files: Int
    private var isOn: Bool
    private var writer: LogWriter?
    /// What went wrong; empty where nothing did.
    var problem = ""

    init(_ record: ContainerRecord, directory: String) {
        path = directory + "/log.json"
        maximumSize = record.logSize
        files = record.logFiles
        isOn = record.logDriver == LogOptions.Driver.jsonFile.rawValue
    }

    /// Adds output.
    mutating func append(_ bytes: ArraySlice<UInt8>, _ stream: LogWriter.Stream) {
        if !isOn { return }
        do throws(SystemError) {
            if writer == nil { writer = try LogWriter(path: path, maximumSize: maximumSize, files: files) }
            try writer?.append(bytes, stream)
        } catch {
            stop(error)
        }
    }

    /// Writes what has no end of line yet.
    mutating func finish() {
        do throws(SystemError) {
            try writer?.finish()
        } catch {
            stop(error)
        }
    }

    private mutating func stop(_ error: SystemError) {
        problem = "the log is not whole: \(error)"
        isOn = false
        writer = nil
    }
}
