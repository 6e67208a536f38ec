// swift-tools-version: 6.2
import PackageDescription

/// Our own targets: Swift 6 language mode, strict memory safety, warnings as errors.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

/// Tests: as strict, but for unsafe calls of the system, of which tests are full.
let tests: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

/// Small executables that start in a millisecond: no dynamic loader, no Foundation. Only in release builds, for
/// `-static-executable` breaks sanitizers.
let staticExecutable: [LinkerSetting] = [
    .unsafeFlags(["-static-executable"], .when(configuration: .release))
]

/// The functions that the start of a container executes stand together at the beginning: the kernel maps pages of a file by
/// sixteen, and a start touches a tenth of the file. LinkOrder/update makes the list.
let startsTogether: [LinkerSetting] = [
    .unsafeFlags(
        [
            "-use-ld=lld", "-Xlinker", "--symbol-ordering-file=\(Context.packageDirectory)/LinkOrder/hull.txt",
            "-Xlinker", "--no-warn-symbol-ordering",
        ], .when(configuration: .release))
]

/// Swift's libraries are linked in, the system's are not: libisal has no static library in Debian.
let staticStandardLibrary: [LinkerSetting] = [
    .unsafeFlags(["-static-stdlib"], .when(configuration: .release))
]

/// Swift's libraries are linked in, glibc is not: names of hosts are looked up by modules of glibc that it loads itself.
let toolchainIndependent: [LinkerSetting] = [
    // What Foundation's library itself needs is not found by itself; the libraries need each other, so they are a group.
    .unsafeFlags(
        [
            "-static-stdlib", "-Xlinker", "--start-group", "-lFoundationEssentials", "-l_FoundationCShims",
            "-l_FoundationCollections", "-Xlinker", "--end-group",
        ], .when(configuration: .release))
]

/// Swift's libraries are linked in, Foundation as a whole among them, which Yams needs.
let staticFoundation: [LinkerSetting] = [
    // They need each other, so they are a group, and the last of all: what comes after a group is not looked up in it.
    .unsafeFlags(
        [
            "-static-stdlib", "-Xclang-linker",
            "-Wl,--start-group,-lFoundation,-lFoundationEssentials,-lFoundationInternationalization,-l_FoundationICU,"
                + "-l_FoundationCShims,-l_FoundationCollections,-lCoreFoundation,-lswiftSynchronization,"
                + "-lswift_StringProcessing,-lswift_RegexParser,-lswift_Concurrency,-lswiftCore,-ldispatch,"
                + "-lBlocksRuntime,-lstdc++,-lm,--end-group",
        ], .when(configuration: .release))
]

/// A program in C that any image can run: nothing is loaded, in debug builds neither.
let staticProgram: [LinkerSetting] = [.unsafeFlags(["-static-executable", "-nostartfiles"])]

/// Code that is copied into guests: no library, no stack protector, nothing that needs an address but the compiler's own.
let freestanding = [
    "-Wall", "-Wextra", "-Werror", "-O2", "-ffreestanding", "-fno-builtin", "-fPIC", "-mgeneral-regs-only",
    "-mno-red-zone", "-fno-stack-protector", "-fno-jump-tables", "-fcf-protection=none",
    "-fno-asynchronous-unwind-tables", "-fno-sanitize=all",
]

let package = Package(
    name: "hull",
    products: [
        .executable(name: "hull", targets: ["hull"]),
        .executable(name: "hull-image", targets: ["hull-image"]),
        // For the fuzz targets, which are a package of their own: Tests/Fuzz.
        .library(
            name: "HullLibraries",
            targets: [
                "AgentProtocol", "CommandLineOptions", "Comparison", "ContainerRuntime", "GuestMemory",
                "HardwareMachine", "ImageArchive", "ImageStore", "JSON", "Launcher", "LinuxSystem", "MachineMonitor",
                "OCISpec", "RegistryEvents", "RegistryProtocol", "Virtio", "Wire", "XenMachine",
            ]),
        .executable(name: "hull-agent", targets: ["hull-agent"]),
        .executable(name: "hull-compare", targets: ["hull-compare"]),
        .executable(name: "hull-workload", targets: ["hull-workload"]),
        .executable(name: "hull-vmm", targets: ["hull-vmm"]),
    ],
    dependencies: [.package(url: "https://github.com/jpsim/Yams", from: "6.2.2")],
    targets: [
        // C and system libraries
        .target(name: "CAgentStart", cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
        .target(name: "CLinux", cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
        .target(name: "CKVM", cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
        .target(name: "CGuestMonitor", cSettings: [.unsafeFlags(freestanding)]),
        .systemLibrary(name: "CNettle", pkgConfig: "nettle", providers: [.apt(["nettle-dev"])]),
        .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
        .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(name: "CIsal", pkgConfig: "libisal", providers: [.apt(["libisal-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),

        // Foundations
        .target(
            name: "LinuxSystem", dependencies: ["CLinux"], swiftSettings: strict),
        .target(name: "JSON", swiftSettings: strict),
        .target(name: "OCISpec", dependencies: ["JSON"], swiftSettings: strict),
        .target(name: "CommandLineOptions", swiftSettings: strict),
        .target(
            name: "Comparison", dependencies: ["JSON", .product(name: "Yams", package: "Yams")],
            swiftSettings: strict),
        .target(
            name: "ImageStore", dependencies: ["CLinux", "CNettle", "JSON", "LinuxSystem", "OCISpec"],
            swiftSettings: strict),
        .target(
            name: "Launcher",
            dependencies: [
                "AgentProtocol", "CLinux", "CommandLineOptions", "ContainerRuntime", "ImageStore", "JSON",
                "LinuxSystem", "OCISpec", "RegistryEvents", "Wire",
            ],
            swiftSettings: strict),
        .target(
            name: "ContainerRuntime",
            dependencies: ["LinuxSystem", "OCISpec", "JSON", "CLinux", "CSeccomp", "CNettle", "Wire"],
            swiftSettings: strict),
        .target(
            name: "ImageArchive",
            dependencies: [
                "CArchive", "CIsal", "CLinux", "CZstd", "ImageStore", "JSON", "LinuxSystem", "OCISpec",
            ],
            swiftSettings: strict),

        // The machine's side of a guest
        .target(name: "AgentProtocol", dependencies: ["LinuxSystem", "Wire"], swiftSettings: strict),
        .target(name: "GuestMemory", dependencies: ["CLinux", "LinuxSystem"], swiftSettings: strict),
        .target(
            name: "Virtio", dependencies: ["CLinux", "GuestMemory", "LinuxSystem", "Wire"], swiftSettings: strict),
        .target(name: "Wire", swiftSettings: strict),

        .target(name: "RegistryEvents", dependencies: ["JSON", "OCISpec"], swiftSettings: strict),
        .target(name: "RegistryProtocol", dependencies: ["JSON", "OCISpec"], swiftSettings: strict),

        // Micro-VMs
        .target(name: "KVM", dependencies: ["CKVM", "CLinux", "LinuxSystem"], swiftSettings: strict),

        .target(
            name: "MachineMonitor",
            dependencies: ["CKVM", "CLinux", "GuestMemory", "KVM", "LinuxSystem", "Virtio", "Wire"],
            swiftSettings: strict),
        .target(
            name: "XenMachine",
            dependencies: [
                "CGuestMonitor", "CKVM", "CLinux", "GuestMemory", "KVM", "LinuxSystem", "MachineMonitor", "Virtio",
                "Wire",
            ],
            swiftSettings: strict),

        .target(
            name: "HardwareMachine",
            dependencies: ["CKVM", "GuestMemory", "KVM", "LinuxSystem", "MachineMonitor", "Virtio", "Wire"],
            swiftSettings: strict),

        .target(
            name: "MachineJail", dependencies: ["CLinux", "LinuxSystem", "MachineMonitor"],
            swiftSettings: strict),

        // Executables
        .executableTarget(
            name: "hull",
            dependencies: [
                "CommandLineOptions", "ContainerRuntime", "ImageStore", "JSON", "Launcher", "LinuxSystem", "OCISpec",
            ],
            swiftSettings: strict, linkerSettings: staticExecutable + startsTogether),
        .executableTarget(
            name: "hull-agent",
            dependencies: [
                "AgentProtocol", "CAgentStart", "CLinux", "ContainerRuntime", "JSON", "LinuxSystem", "OCISpec", "Wire",
            ],
            swiftSettings: strict, linkerSettings: staticExecutable),
        .executableTarget(
            name: "hull-vmm",
            dependencies: [
                "CLinux", "GuestMemory", "HardwareMachine", "KVM", "LinuxSystem", "MachineJail", "MachineMonitor",
                "Virtio",
                "XenMachine",
            ],
            swiftSettings: strict, linkerSettings: staticExecutable),
        .executableTarget(
            name: "hull-image",
            dependencies: [
                "CommandLineOptions", "ImageArchive", "ImageStore", "JSON", "LinuxSystem", "OCISpec",
            ],
            swiftSettings: strict, linkerSettings: staticStandardLibrary),

        .executableTarget(
            name: "hull-compare",
            dependencies: [
                "CLinux", "CommandLineOptions", "Comparison", "ContainerRuntime", "ImageStore", "JSON", "Launcher",
                "LinuxSystem", "OCISpec",
            ],
            swiftSettings: strict, linkerSettings: staticFoundation),
        .executableTarget(
            name: "hull-workload", cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror", "-O2"])],
            linkerSettings: staticProgram),

        // Tests
        .testTarget(name: "LinuxSystemTests", dependencies: ["LinuxSystem"], swiftSettings: strict),
        .testTarget(name: "CommandLineOptionsTests", dependencies: ["CommandLineOptions"], swiftSettings: strict),
        .testTarget(name: "ComparisonTests", dependencies: ["Comparison", "JSON"], swiftSettings: tests),
        .testTarget(name: "JSONTests", dependencies: ["JSON"], swiftSettings: strict),
        .testTarget(
            name: "LauncherTests",
            dependencies: [
                "CLinux", "CommandLineOptions", "ContainerRuntime", "JSON", "Launcher", "LinuxSystem", "OCISpec",
                "RegistryEvents",
            ],
            swiftSettings: tests),
        .target(name: "TarBytes", path: "Tests/TarBytes", swiftSettings: strict),
        .testTarget(
            name: "ImageArchiveTests", dependencies: ["CLinux", "ImageArchive", "ImageStore", "OCISpec", "TarBytes"],
            swiftSettings: tests),
        .testTarget(
            name: "IntegrationTests",
            dependencies: ["CLinux", "ImageStore", "JSON", "LinuxSystem", "OCISpec", "TarBytes"],
            // Built by the tests, for inside a guest.
            exclude: ["Machine/Guest"], swiftSettings: tests),
        .testTarget(
            name: "ImageStoreTests", dependencies: ["CLinux", "ImageStore", "JSON", "LinuxSystem", "OCISpec"],
            swiftSettings: tests),
        .testTarget(
            name: "AgentTests", dependencies: ["AgentProtocol", "LinuxSystem", "hull-agent"], swiftSettings: tests),
        .testTarget(name: "AgentProtocolTests", dependencies: ["AgentProtocol", "Wire"], swiftSettings: tests),
        .testTarget(
            name: "GuestMemoryTests", dependencies: ["CLinux", "GuestMemory", "LinuxSystem"], swiftSettings: tests),
        .testTarget(
            name: "VirtioTests", dependencies: ["CLinux", "GuestMemory", "LinuxSystem", "Virtio", "Wire"],
            swiftSettings: tests),
        .testTarget(
            name: "RegistryProtocolTests", dependencies: ["OCISpec", "RegistryProtocol"], swiftSettings: tests),
        .testTarget(name: "OCISpecTests", dependencies: ["OCISpec"], swiftSettings: strict),
        .executableTarget(
            name: "container-driver", dependencies: ["CLinux", "ContainerRuntime", "JSON", "LinuxSystem", "OCISpec"],
            path: "Tests/ContainerDriver", swiftSettings: tests),
        .executableTarget(
            name: "machine-measure", dependencies: ["CLinux", "JSON", "LinuxSystem"], path: "Tests/MachineMeasure",
            swiftSettings: tests),
        .testTarget(
            name: "ContainerRuntimeTests",
            dependencies: ["CLinux", "container-driver", "ContainerRuntime", "JSON", "LinuxSystem", "OCISpec"],
            swiftSettings: tests),
        .testTarget(
            name: "HardwareMachineTests",
            dependencies: [
                "CKVM", "CLinux", "GuestMemory", "HardwareMachine", "KVM", "LinuxSystem", "MachineMonitor", "Virtio",
                "Wire",
            ],
            swiftSettings: tests),
        .testTarget(
            name: "MachineMonitorTests",
            dependencies: ["CLinux", "GuestMemory", "LinuxSystem", "MachineMonitor", "Virtio"],
            swiftSettings: tests),
        .testTarget(
            name: "XenMachineTests",
            dependencies: [
                "CGuestMonitor", "CLinux", "GuestMemory", "KVM", "LinuxSystem", "MachineMonitor", "XenMachine",
            ],
            swiftSettings: tests),
        .testTarget(
            name: "MonitorProcessTests", dependencies: ["hull-vmm", "jail-probe", "LinuxSystem", "Wire"],
            swiftSettings: tests),
        // What a guest that has broken out would find: it does what hull-vmm does, and then tries everything.
        .target(
            name: "CJailProbe", path: "Tests/JailProbe/Call",
            cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
        .executableTarget(
            name: "jail-probe", dependencies: ["CJailProbe", "CLinux", "CSeccomp", "LinuxSystem", "MachineJail"],
            path: "Tests/JailProbe", exclude: ["Call"], swiftSettings: tests),
    ]
)

// Pulling needs an HTTP client, which takes longer to build than all the rest: HULL_WITHOUT_REGISTRY=1 leaves it out
// while one works on other parts.
if Context.environment["HULL_WITHOUT_REGISTRY"] == nil {
    package.products.append(.executable(name: "hull-registry", targets: ["hull-registry"]))
    package.dependencies += [
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    ]
    package.targets += [
        .target(
            name: "RegistryClient",
            dependencies: [
                "ImageStore", "JSON", "LinuxSystem", "OCISpec", "RegistryEvents", "RegistryProtocol",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "hull-registry",
            dependencies: [
                "CommandLineOptions", "ImageStore", "LinuxSystem", "OCISpec", "RegistryClient", "RegistryEvents",
                "RegistryProtocol",
            ],
            swiftSettings: strict, linkerSettings: toolchainIndependent),
        .testTarget(
            name: "RegistryClientTests",
            dependencies: [
                "ImageStore", "JSON", "OCISpec", "RegistryClient", "RegistryEvents", "RegistryProtocol",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: tests),
    ]
}
