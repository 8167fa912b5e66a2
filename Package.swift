// swift-tools-version:6.1
import PackageDescription

// Arrows point at what may be imported and nothing points up; Tests/PackageTests guards the directions.
let package = Package(
  name: "ebbtide",
  products: [
    .library(name: "Ebbtide", targets: ["Ebbtide"]),
    .library(name: "EbbtideLua", type: .dynamic, targets: ["EbbtideLua"]),
    .executable(name: "ebbtide", targets: ["ebbtide"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")
  ],
  targets: [
    // Numbers: nothing here knows Lua.
    .target(name: "CKernels", linkerSettings: [.linkedLibrary("m"), .linkedLibrary("pthread")]),
    .target(name: "CLapack", linkerSettings: [.linkedLibrary("dl")]),
    .target(name: "Arrays", dependencies: ["CKernels", "CLapack"]),
    .target(name: "Autodiff", dependencies: ["Arrays"], exclude: ["README.md"]),
    .target(name: "Dynamics", dependencies: ["Autodiff"]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CResources"),
    .target(name: "Experiments", dependencies: ["Dynamics", "CZlib", "CResources"]),

    // Lua: nothing here knows tensors. CLua is headers only, so that the loadable module leaves liblua to its host.
    .systemLibrary(name: "CLua", providers: [.apt(["liblua5.4-dev"])]),
    .target(name: "CLuaShim", dependencies: ["CLua"]),
    .target(name: "LuaHost", dependencies: ["CLuaShim", "CLua"], exclude: ["README.md"]),
    .target(name: "ReplKit", dependencies: ["LuaHost"]),

    // Where the two meet.
    .target(name: "Bindings", dependencies: ["LuaHost", "Experiments", "CResources"], exclude: ["Lua", "Annotations"]),
    .target(name: "Ebbtide", dependencies: ["Bindings"], linkerSettings: [.linkedLibrary("lua5.4")]),
    .target(name: "CModule", dependencies: ["CLua"]),
    .target(name: "EbbtideLua", dependencies: ["Bindings", "CModule"]),
    .target(name: "CReadline", linkerSettings: [.linkedLibrary("readline")]),
    .executableTarget(
      name: "ebbtide",
      dependencies: [
        "Ebbtide", "ReplKit", "CReadline", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // The example host is a package of its own for its readers; built here so that it stays right.
    .executableTarget(name: "host", dependencies: ["Ebbtide"], path: "Examples/host/Sources/host"),

    .testTarget(name: "PackageTests"),
    .testTarget(name: "ArraysTests", dependencies: ["Arrays", "CKernels"]),
    .testTarget(name: "AutodiffTests", dependencies: ["Autodiff"]),
    .testTarget(name: "DynamicsTests", dependencies: ["Dynamics"]),
    .testTarget(name: "ExperimentsTests", dependencies: ["Experiments"]),
    .testTarget(name: "LuaHostTests", dependencies: ["LuaHost"], linkerSettings: [.linkedLibrary("lua5.4")]),
    .testTarget(name: "BindingsTests", dependencies: ["Ebbtide"], exclude: ["Specs"]),
    .testTarget(name: "ReplKitTests", dependencies: ["ReplKit", "Ebbtide"]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu2x
)
