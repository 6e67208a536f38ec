/// What a report says about how and where it was measured.
enum Facts {
    /// A name and what there is to say.
    struct Fact {
        let name: String
        let value: String
    }

    /// The host, the programs and the image.
    static func environment(_ result: ComparisonResult) -> [Fact] {
        let host = result.environment
        var facts = [
            Fact(name: "began", value: result.began),
            Fact(name: "processor", value: "\(host.processor), \(host.processors) processors"),
            Fact(name: "memory", value: Figures.quantity(host.memory, .peakMemory)),
            Fact(name: "kernel", value: host.kernel),
            Fact(name: "KVM", value: host.kvm),
            Fact(
                name: "load before and after",
                value: "\(Figures.fixed(host.loadBefore, 2)) and \(Figures.fixed(host.loadAfter, 2))"),
            Fact(name: "stolen processor time", value: "\(Figures.fixed(host.stolen * 100, 1)) %"),
        ]
        var images: Set<String> = []
        for workload in result.workloads where images.insert(workload.digest).inserted {
            facts.append(Fact(name: "image", value: "\(workload.image) \(workload.digest)"))
        }
        for side in result.sides {
            facts.append(Fact(name: side.name, value: "\(side.program): \(Text.command(side.command))"))
        }
        return facts
    }

    /// How it was measured, a sentence each.
    static func method(_ result: ComparisonResult) -> [String] {
        let settings = result.settings
        let end =
            settings.rounds.map { "There were \($0) rounds." }
                ?? """
                Rounds were run until the 95 % interval of every ratio was narrower than plus or minus \
                \(Figures.fixed(settings.precision * 100, 0)) %, looked at every \(StoppingRule.roundsBetweenLooks) rounds from \
                the \(StoppingRule.fewestRounds)th on, or \(Figures.quantity(Double(settings.time), .wall)) were over.
                """
        return [
            """
            Every round runs each side once, in a new random order (seed \(result.seed)), so that what else the machine does \
            meets all alike. \(settings.warmups) \(settings.warmups == 1 ? "round" : "rounds") before the first did not count.
            """,
            end,
            """
            A ratio is that of the medians; its interval holds 95 % of the ratios of 2000 draws of as many rounds, with \
            repetition (percentile bootstrap). The spread is the median absolute deviation (MAD). No run was left out; what \
            is further out than a modified z-score of 3.5 is named.
            """,
            """
            Wall time is taken from before the command is started until it has ended; what a side clears away after that is \
            in the time until nothing was left, and no run begins before. Processor time and page faults are the kernel's sums \
            over every process that the run needed on the host: the command, the supervisor, the machine monitor with its \
            threads, and a container's workload. Memory is looked at every two milliseconds in three runs of its own, which \
            are not timed, so a short peak can be missed; proportional memory splits what processes share.
            """,
        ]
    }
}
