/// A shell that completions can be written for.
public enum Shell: String, Sendable, CaseIterable {
    case bash, zsh, fish
}

extension CommandTable {
    /// What a shell sources to complete our command line. All three ask `PROGRAM __complete KIND` for the names of
    /// images and containers.
    public func completions(_ shell: Shell) -> String {
        switch shell {
        case .bash: bashCompletions()
        case .zsh: zshCompletions()
        case .fish: fishCompletions()
        }
    }

    /// One name of a command, with what completes after it.
    struct Completable {
        let name: String
        let command: Command

        /// What an operand names, as `__complete` knows it; empty where nothing is known.
        var operandKind: String {
            if command.operands.contains("CONTAINER") { return "containers" }
            return command.operands.contains("IMAGE") ? "images" : ""
        }
    }

    /// All names of all commands that are not hidden.
    var completables: [Completable] {
        commands.filter { !$0.hidden }.flatMap { command in
            ([command.path] + command.aliases).map {
                Completable(name: $0.joined(separator: " "), command: command)
            }
        }
    }

    /// The words that may stand first, and after each group, with what they are for.
    var firstWords: [(word: String, summary: String)] {
        let single = completables.filter { !$0.name.contains(" ") }.map { ($0.name, $0.command.summary) }
        return (single + groups.map { ($0.key, $0.value) }).sorted { $0.0 < $1.0 }
    }

    func words(inGroup group: String) -> [(word: String, summary: String)] {
        completables.filter { $0.name.hasPrefix(group + " ") }
            .map { (String($0.name.dropFirst(group.count + 1)), $0.command.summary) }
    }

    private func bashCompletions() -> String {
        let globalNames = (globals + Self.informationOptions).flatMap(\.names).joined(separator: " ")
        var text = """
            # bash completion of \(program); source it, or put it into /usr/share/bash-completion/completions/\(program)
            _\(program)() {
                local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
                local path= word next options= values= kind= words= skip= i
                for ((i = 1; i < COMP_CWORD; i++)); do
                    word=${COMP_WORDS[i]}
                    if [[ $skip ]]; then skip=; continue; fi
                    case "$word" in
                        \(valued(globals).joined(separator: "|"))) [[ $path ]] || skip=1; continue ;;
                        -*) continue ;;
                    esac
                    next=${path:+$path }$word
                    case "$next" in
                        \(knownPaths.map(quoted).joined(separator: "|"))) path=$next ;;
                        *) break ;;
                    esac
                done
                case "$path" in
                    '') words=\(quoted(firstWords.map(\.word).joined(separator: " "))); options='\(globalNames)' ;;

            """
        for group in groups.keys.sorted() {
            text +=
                "        \(quoted(group))) words=\(quoted(words(inGroup: group).map(\.word).joined(separator: " "))) ;;\n"
        }
        for item in completables {
            let options = (item.command.options.flatMap(\.names) + ["--help"]).joined(separator: " ")
            text += "        \(quoted(item.name))) options=\(quoted(options)) "
            text += "values=\(quoted(" " + valued(item.command.options).joined(separator: " ") + " ")) "
            text += "kind=\(item.operandKind) ;;\n"
        }
        return text + """
                esac
                if [[ $values == *" $previous "* ]]; then
                    COMPREPLY=($(compgen -f -- "$current"))
                elif [[ $current == -* ]]; then
                    COMPREPLY=($(compgen -W "$options" -- "$current"))
                elif [[ $words ]]; then
                    COMPREPLY=($(compgen -W "$words" -- "$current"))
                elif [[ $kind ]]; then
                    COMPREPLY=($(compgen -W "$(\(program) __complete $kind 2>/dev/null)" -- "$current"))
                else
                    COMPREPLY=($(compgen -f -- "$current"))
                fi
            }
            complete -o filenames -F _\(program) \(program)

            """
    }

    private func zshCompletions() -> String {
        var text = """
            #compdef \(program)
            # zsh completion of \(program); put it as _\(program) into a directory of $fpath
            _\(program)() {
                local path= word next kind= skip= i
                local -a described options values
                for ((i = 2; i < CURRENT; i++)); do
                    word=${words[i]}
                    if [[ -n $skip ]]; then skip=; continue; fi
                    case "$word" in
                        (\(valued(globals).joined(separator: "|"))) [[ -n $path ]] || skip=1; continue ;;
                        (-*) continue ;;
                    esac
                    next=${path:+$path }$word
                    case "$next" in
                        (\(knownPaths.map(quoted).joined(separator: "|"))) path=$next ;;
                        (*) break ;;
                    esac
                done
                case "$path" in
                    ('') described=(\(firstWords.map { described($0.word, $0.summary) }.joined(separator: " ")))
                        options=(\((globals + Self.informationOptions).flatMap(described).joined(separator: " "))) ;;

            """
        for group in groups.keys.sorted() {
            let rows = words(inGroup: group).map { described($0.word, $0.summary) }
            text += "        (\(quoted(group))) described=(\(rows.joined(separator: " "))) ;;\n"
        }
        for item in completables {
            text += "        (\(quoted(item.name))) kind=\(quoted(item.operandKind)) "
            text += "values=(\(valued(item.command.options).joined(separator: " ")))\n"
            text += "            options=(\(item.command.options.flatMap(described).joined(separator: " "))) ;;\n"
        }
        return text + """
                esac
                if (( ${values[(Ie)${words[CURRENT-1]}]} )); then
                    _files
                elif [[ $PREFIX == -* ]]; then
                    _describe -o option options
                elif (( $#described )); then
                    _describe command described
                elif [[ -n $kind ]]; then
                    compadd -- ${(f)"$(\(program) __complete $kind 2>/dev/null)"}
                else
                    _files
                fi
            }
            _\(program) "$@"

            """
    }

    private func fishCompletions() -> String {
        var text = """
            # fish completion of \(program); put it into ~/.config/fish/completions/\(program).fish
            function __\(program)_at
                set -l words
                set -l skip
                for word in (commandline -opc)[2..-1]
                    if set -q skip[1]
                        set -e skip
                        continue
                    end
                    switch $word
                        case \(valued(globals).joined(separator: " "))
                            set skip 1
                        case '-*'
                        case '*'
                            set -a words $word
                    end
                end
                set -l wanted (string split ' ' -- "$argv[1]")
                test "$argv[1]" = ''; and begin; test (count $words) -eq 0; return; end
                test (count $words) -ge (count $wanted)
                and test "$words[1..$(count $wanted)]" = "$wanted"
            end
            complete -c \(program) -f

            """
        func line(_ path: String, _ rest: String) {
            text += "complete -c \(program) -n \"__\(program)_at '\(path)'\" \(rest)\n"
        }
        for (word, summary) in firstWords { line("", "-a \(word) -d \(quoted(summary))") }
        for option in globals + Self.informationOptions { line("", fishOption(option)) }
        for group in groups.keys.sorted() {
            for (word, summary) in words(inGroup: group) { line(group, "-a \(word) -d \(quoted(summary))") }
        }
        for item in completables {
            for option in item.command.options { line(item.name, fishOption(option)) }
            if !item.operandKind.isEmpty { line(item.name, "-a '(\(program) __complete \(item.operandKind))'") }
        }
        return text
    }

    private func fishOption(_ option: Option) -> String {
        let names = option.names.map { name in
            name.hasPrefix("--") ? "-l \(name.dropFirst(2))" : "-s \(name.dropFirst())"
        }
        return names.joined(separator: " ") + (option.value == nil ? "" : " -r -F") + " -d \(quoted(option.help))"
    }

    private var knownPaths: [String] { groups.keys.sorted() + completables.map(\.name) }

    private func valued(_ options: [Option]) -> [String] {
        options.filter { $0.value != nil }.flatMap(\.names)
    }

    /// A word in single quotes of the shell.
    private func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    private func described(_ word: String, _ summary: String) -> String {
        quoted("\(word):\(summary)")
    }

    private func described(_ option: Option) -> [String] {
        option.names.map { quoted("\($0):\(option.help)") }
    }
}
