// swift-tools-version:6.1
import PackageDescription

// A program of its own that embeds Ebbtide; `swift run` here, or see Scripts/test.
let package = Package(
  name: "host",
  dependencies: [.package(name: "ebbtide", path: "../..")],
  targets: [.executableTarget(name: "host", dependencies: [.product(name: "Ebbtide", package: "ebbtide")])],
  swiftLanguageModes: [.v6]
)
