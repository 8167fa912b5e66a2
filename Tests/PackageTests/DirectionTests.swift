import Testing

/// The directions of the targets: what each may import. Numbers stand apart from Lua and meet it in Bindings; nothing points up.
private let allowed: [String: Set<String>] = [
  "CKernels": [],
  "CLapack": [],
  "Arrays": ["CKernels", "CLapack"],
  "Autodiff": ["Arrays"],
  "Dynamics": ["Autodiff", "Arrays"],
  "CZlib": [],
  "CResources": [],
  "Experiments": ["Dynamics", "Autodiff", "Arrays", "CZlib", "CResources"],

  "CLua": [],
  "CLuaShim": ["CLua"],
  "LuaHost": ["CLuaShim", "CLua"],
  "ReplKit": ["LuaHost", "Bindings"],

  "Bindings": ["LuaHost", "Experiments", "Dynamics", "Autodiff", "Arrays", "CResources"],
  "Ebbtide": ["Bindings"],
  "CModule": ["CLua"],
  "EbbtideLua": ["Bindings", "CModule"],
  "CReadline": [],
  "host": ["Ebbtide"],
  "ebbtide": ["Ebbtide", "ReplKit", "CReadline", "ArgumentParser", "Foundation"],
]

/// Parts of Swift and of the system that cost a static binary nothing.
private let everywhere: Set<String> = ["Swift", "Glibc", "Synchronization"]

@Suite struct DirectionTests {
  @Test func everyTargetHasItsPlace() throws {
    let declared = Set(try Target.all().filter { $0.kind != "testTarget" }.map(\.name))
    #expect(declared == Set(allowed.keys))
    let folders = Set(try Project.files(in: "Sources").map { String($0.split(separator: "/")[1]) })
    #expect(folders.union(["host"]) == declared, "every target but the example host has its folder in Sources")
  }

  @Test func noArrowPointsUp() throws {
    for target in try Target.all() where target.kind != "testTarget" {
      let wrong = Set(target.dependencies).subtracting(allowed[target.name, default: []])
      #expect(wrong.isEmpty, "Package.swift: \(target.name) depends on \(wrong.sorted())")
    }
  }

  @Test func importsFollowTheArrows() throws {
    let statement =
      /^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)/
    var seen = 0
    for path in try Project.files(in: "Sources", endings: ["swift"]) {
      let target = String(path.split(separator: "/")[1])
      for (number, line) in try Project.lines(path).enumerated() {
        guard line.contains("import"), let match = line.firstMatch(of: statement) else { continue }
        let name = String(match.1)
        seen += 1
        #expect(everywhere.contains(name) || allowed[target, default: []].contains(name), "\(path):\(number + 1): imports \(name)")
      }
    }
    #expect(seen > 0)
  }

  /// readline is under the GPL-3, liblua must be left to the host of the loadable module.
  @Test(arguments: [("readline", ["CReadline", "ebbtide"]), ("lua5.4", ["Ebbtide", "ebbtide"])])
  func fewTargetsLink(library: String, targets: [String]) throws {
    for target in try Target.all() where target.kind != "testTarget" && !targets.contains(target.name) {
      #expect(!target.declaration.contains("linkedLibrary(\"\(library)\")"), "\(target.name) links \(library)")
      for path in try Project.files(in: "Sources/\(target.name)", endings: ["modulemap"]) {
        #expect(try Project.text(path)?.contains("link \"\(library)\"") == false, "\(path) links \(library)")
      }
    }
  }

  /// C sees what its include paths show, so the headers that matter are looked for by name.
  @Test(arguments: [
    ("readline/", ["CReadline"]), ("lua5.4/", ["CLua", "CLuaShim", "CModule"]), ("clua.h", ["CLuaShim"]),
    ("ckernels.h", ["CKernels"]),
  ])
  func fewTargetsInclude(header: String, targets: [String]) throws {
    for path in try Project.files(in: "Sources", endings: ["c", "h", "inc"]) {
      guard !targets.contains(String(path.split(separator: "/")[1])) else { continue }
      for line in try Project.lines(path) where line.contains("#include") {
        #expect(!line.contains(header), "\(path): \(line)")
      }
    }
  }
}
