import CLinux

/// What the start needed of this process's memory, and what follows does not.
public enum StartMemory {
    /// Gives it back: free memory of malloc, and the pages of the program's code. The kernel maps those by sixteen, so after the
    /// start most of the program is there; the few that are still executed come back by themselves. No loss where it fails.
    public static func release() { _ = linux_release_start_memory() }
}
