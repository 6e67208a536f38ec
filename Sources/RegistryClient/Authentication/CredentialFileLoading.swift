import Glibc
import LinuxSystem
import RegistryProtocol

extension CredentialFile {
    /// Reads the user's file: `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`; empty where there is none.
    public static func load(environment: [String: String]) throws(PullError) -> CredentialFile {
        let directory: String
        if let chosen = environment["DOCKER_CONFIG"], !chosen.isEmpty {
            directory = chosen
        } else if let home = environment["HOME"], !home.isEmpty {
            directory = home + "/.docker"
        } else {
            return CredentialFile()
        }
        let path = directory + "/config.json"
        do {
            guard let bytes = try WholeFile.read(path, limit: maximumSize) else { return CredentialFile() }
            return try CredentialFile(bytes)
        } catch let error as SystemError {
            // A home that we may not enter is not ours (HOME kept by sudo or su), and neither are its logins.
            if error.number == EACCES || error.number == ENOTDIR { return CredentialFile() }
            throw PullError(.failed, "cannot read the logins in \(path): \(error.reason)")
        } catch {
            throw PullError(.failed, "cannot use the logins in \(path): \(error)")
        }
    }
}
