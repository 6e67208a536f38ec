import Glibc
import ImageStore
import OCISpec

extension ImagePuller {
    /// The image to run: from the store, or pulled into it as the policy says; its layers are unpacked afterwards.
    ///
    /// Where a pull is needed, progress goes to standard error, for standard output is the workload's.
    ///
    /// - Parameters:
    ///   - name: a reference, an id or the start of one.
    ///   - policy: `--pull`.
    ///   - platform: `--platform`.
    /// - Throws: `StoreError.noSuchImage` where there is none and none may be pulled; `PullFailure`.
    public func provide(
        _ name: String, policy: RunOptions.PullPolicy, platform: Platform? = nil
    ) throws -> StoredImage {
        let store = try ImageStore(root: root)
        if policy == .always {
            return try pulled(try Reference(name), platform, store)
        }
        let image: StoredImage
        do throws(StoreError) {
            image = try store.resolve(name, platform: platform)
        } catch {
            guard policy == .missing, let reference = Self.pullable(name, error) else { throw error }
            writeText("Unable to find image '\(reference.familiarText)' locally\n", to: STDERR_FILENO)
            return try pulled(reference, platform, store)
        }
        if !image.configuration.rootfs.diffIDs.allSatisfy(store.hasLayer) { try unpack(name, platform: platform) }
        return image
    }

    private func pulled(_ reference: Reference, _ platform: Platform?, _ store: ImageStore) throws -> StoredImage {
        var puller = self
        puller.output = STDERR_FILENO
        let image = try puller.pull(reference, platform: platform, closing: !isQuiet)
        return try store.resolve(image.reference, platform: platform)
    }

    /// The name to pull, where that may help.
    private static func pullable(_ name: String, _ error: StoreError) -> Reference? {
        switch error {
        // A text that is no reference is an id, which no registry knows.
        case .noSuchImage, .wrongPlatform, .missingBlob: try? Reference(name)
        default: nil
        }
    }
}
