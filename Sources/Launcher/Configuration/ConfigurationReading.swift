import JSON

extension Configuration {
    /// Lays one file's settings over what is there.
    mutating func merge(_ bytes: [UInt8], path: String, origin: Origin, _ surroundings: Surroundings)
        throws(ConfigurationError)
    {
        var reader = Reader(path: path, origin: origin, surroundings: surroundings)
        let value: JSONValue
        do {
            value = try JSONParser.parse(bytes)
        } catch {
            throw reader.error("", "\(error)")
        }
        try reader.read(value, into: &self)
    }

    private struct Reader {
        let path: String
        let origin: Origin
        let surroundings: Surroundings

        func error(_ key: String, _ reason: String) -> ConfigurationError {
            ConfigurationError(path: path, key: InvalidOption.shown(key), reason: reason)
        }

        mutating func read(_ value: JSONValue, into result: inout Configuration) throws(ConfigurationError) {
            for (key, value) in try members(value, "") {
                switch key {
                case "isolation": result.isolation = try choice(value, key)
                case "root": result.root = try absolute(value, key)
                case "registries": try registries(value, into: &result)
                case "pull": result.pull = try choice(value, key)
                case "logDriver": result.log.driver = try choice(value, key)
                case "logOptions": try logOptions(value, into: &result)
                case "stopTimeout":
                    result.stopTimeout = try parsed(value, key) { text throws(Unacceptable) in
                        try Quantity.integer(text, in: -1...Int(Int32.max))
                    }
                case "limits": try limits(value, into: &result)
                case "vm": try machines(value, into: &result)
                case "paths":
                    for (name, value) in try members(value, key) {
                        guard Configuration.programs.contains(name) else {
                            let known = Configuration.programs.joined(separator: ", ")
                            throw error("\(key).\(name)", "is unknown: \(known) are known")
                        }
                        result.paths[name] = try absolute(value, "\(key).\(name)")
                        result.origins["\(key).\(name)"] = origin
                    }
                default:
                    throw error(
                        key,
                        "is unknown: isolation, root, registries, pull, logDriver, logOptions, limits, stopTimeout, "
                            + "vm and paths are known")
                }
                result.origins[key] = origin
            }
        }

        private func limits(_ value: JSONValue, into result: inout Configuration) throws(ConfigurationError) {
            for (name, value) in try members(value, "limits") {
                let key = "limits.\(name)"
                switch name {
                case "memory": result.memory = try parsed(value, key, LimitOptions.memory)
                case "cpus":
                    let quota = try parsed(value, key) { text throws(Unacceptable) in
                        try Quantity.processors(text, available: surroundings.processors)
                    }
                    result.cpuQuota = quota == 0 ? nil : quota
                case "pids":
                    result.pids = try parsed(value, key) { text throws(Unacceptable) in
                        try Quantity.integer(text, in: -1...Int64(4_194_304))
                    }
                default: throw error(key, "is unknown: memory, cpus and pids are known")
                }
                result.origins[key] = origin
            }
        }

        private func machines(_ value: JSONValue, into result: inout Configuration) throws(ConfigurationError) {
            for (name, value) in try members(value, "vm") {
                let key = "vm.\(name)"
                switch name {
                case "kernel": result.kernel = try absolute(value, key)
                case "users": result.machineUsers = try parsed(value, key, MachineUsers.parse)
                default: throw error(key, "is unknown: kernel and users are known")
                }
                result.origins[key] = origin
            }
        }

        private func logOptions(_ value: JSONValue, into result: inout Configuration) throws(ConfigurationError) {
            for (name, value) in try members(value, "logOptions") {
                let key = "logOptions.\(name)"
                try parsed(value, key) { text throws(Unacceptable) in try result.log.set("\(name)=\(text)") }
                result.origins[key] = origin
            }
        }

        private func registries(_ value: JSONValue, into result: inout Configuration) throws(ConfigurationError) {
            for (name, value) in try members(value, "registries") {
                let key = "registries.\(name)"
                switch name {
                case "insecure": result.insecureRegistries = try texts(value, key)
                case "mirrors":
                    for (registry, value) in try members(value, key) {
                        result.mirrors[registry] = try texts(value, "\(key).\(registry)")
                    }
                default: throw error(key, "is unknown: insecure and mirrors are known")
                }
                result.origins[key] = origin
            }
        }

        private func members(_ value: JSONValue, _ key: String) throws(ConfigurationError) -> [(String, JSONValue)] {
            guard let object = value.objectValue else { throw error(key, "should be an object, not \(value.kind)") }
            var seen: Set<String> = []
            for member in object.members where !seen.insert(member.key).inserted {
                throw error(key.isEmpty ? member.key : "\(key).\(member.key)", "is there twice")
            }
            return object.members.map { ($0.key, $0.value) }
        }

        private func texts(_ value: JSONValue, _ key: String) throws(ConfigurationError) -> [String] {
            guard let elements = value.arrayValue else { throw error(key, "should be an array, not \(value.kind)") }
            var result: [String] = []
            for (index, element) in elements.enumerated() {
                guard let text = element.stringValue, !text.isEmpty,
                    text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
                else { throw error("\(key)[\(index)]", "should be a word") }
                result.append(text)
            }
            return result
        }

        private func absolute(_ value: JSONValue, _ key: String) throws(ConfigurationError) -> String {
            try parsed(value, key, MountOption.absolute)
        }

        private func choice<Choice: RawRepresentable & CaseIterable>(
            _ value: JSONValue, _ key: String
        ) throws(ConfigurationError) -> Choice where Choice.RawValue == String {
            try parsed(value, key) { text throws(Unacceptable) in try RunOptions.choice(text) }
        }

        /// A string or a number, with the rules of the option of the same meaning.
        private func parsed<Value>(
            _ value: JSONValue, _ key: String, _ parse: (String) throws(Unacceptable) -> Value
        ) throws(ConfigurationError) -> Value {
            let text: String
            switch value {
            case .string(let string): text = string
            case .integer(let number): text = String(number)
            case .unsigned(let number): text = String(number)
            case .double(let number): text = String(number)
            default: throw error(key, "should be a string or a number, not \(value.kind)")
            }
            do throws(Unacceptable) {
                if text.utf8.contains(0) { throw "it contains a NUL character" }
                return try parse(text)
            } catch {
                throw self.error(key, "'\(InvalidOption.shown(text))': \(error.reason)")
            }
        }
    }
}
