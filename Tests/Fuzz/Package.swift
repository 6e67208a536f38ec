// swift-tools-version: 6.2
import PackageDescription

/// The fuzz targets: a package of its own, because everything that it links is built with `-sanitize=fuzzer`.
let package = Package(
    name: "fuzz",
    dependencies: [.package(name: "hull", path: "../..")],
    targets: [
        .executableTarget(
            name: "fuzz", dependencies: [.product(name: "HullLibraries", package: "hull")],
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)])
    ]
)
