import Testing

@testable import hull_vmm

@Suite struct OptionsTests {
    @Test func aMachineBeginsWithAKernelOrASnapshot() throws {
        #expect(try Options(["--kernel", "3"]).kernel == 3)
        let restored = try Options(["--restore", "3", "--memory-file", "4"])
        #expect(restored.state == 3)
        #expect(restored.memoryFile == 4)
        for words in [
            [], ["--restore", "3"], ["--memory-file", "4"], ["--kernel", "3", "--memory-file", "4"],
            ["--kernel", "3", "--restore", "4", "--memory-file", "5"],
        ] {
            #expect(throws: OptionError.self) { try Options(words) }
        }
    }

    @Test func theUserIsAnyButRootAndItsLockIsKept() throws {
        let options = try Options(["--kernel", "3", "--user", "70000:5"])
        #expect(options.user == 70000 && options.userLock == 5 && options.descriptors.contains(5))
        #expect(try Options(["--kernel", "3", "--user", "7"]).userLock == nil)
        for text in ["0", "0:5", "4294967295", "5:", "5:x", ":5", "x"] {
            #expect(throws: OptionError.self) { try Options(["--kernel", "3", "--user", text]) }
        }
    }

    @Test func aDiskCanBeAnEmptyPlace() throws {
        let options = try Options(["--kernel", "3", "--disk", "none:ro", "--disk", "none", "--disk", "7:ro"])
        #expect(options.disks.map(\.file) == [nil, nil, 7])
        #expect(options.disks.map(\.isReadOnly) == [true, false, true])
        #expect(options.descriptors == [0, 1, 2, 3, 2, 7])
        #expect(throws: OptionError.self) { try Options(["--kernel", "3", "--disk", "nothing"]) }
    }
}
