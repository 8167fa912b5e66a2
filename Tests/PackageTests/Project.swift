import Foundation

/// The project's own files, as these tests read them.
enum Project {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The regular files below a folder, as paths from the root, sorted; hidden ones and compiled Python are left out.
  static func files(in folder: String, endings: Set<String>? = nil) throws -> [String] {
    let base = root.appending(path: folder).path
    guard let walk = FileManager.default.enumerator(atPath: base) else { return [] }
    return walk.compactMap { $0 as? String }.filter { path in
      let parts = path.split(separator: "/")
      guard !parts.contains(where: { $0.hasPrefix(".") || $0 == "__pycache__" }) else { return false }
      var isFolder: ObjCBool = false
      let exists = FileManager.default.fileExists(atPath: "\(base)/\(path)", isDirectory: &isFolder)
      return exists && !isFolder.boolValue && (endings.map { $0.contains((path as NSString).pathExtension) } ?? true)
    }.map { "\(folder)/\($0)" }.sorted()
  }

  /// A file's text; nil when it is not text.
  static func text(_ path: String) throws -> String? {
    String(data: try Data(contentsOf: root.appending(path: path)), encoding: .utf8)
  }

  static func lines(_ path: String) throws -> [Substring] {
    try text(path)?.split(separator: "\n", omittingEmptySubsequences: false) ?? []
  }
}

/// A target as Package.swift declares it.
struct Target {
  let kind: String
  let name: String
  let dependencies: [String]
  let declaration: String

  /// All targets, in order. Reads the text, since `swift package` can't be asked while it runs the tests.
  static func all() throws -> [Target] {
    let manifest = try Project.text("Package.swift") ?? ""
    let heads = manifest.matches(of: /\.(target|executableTarget|systemLibrary|testTarget|macro|plugin)\(\s*name: "([^"]+)"/)
    let ends = heads.dropFirst().map(\.range.lowerBound) + [manifest.endIndex]
    return zip(heads, ends).map { head, end in
      let declaration = manifest[head.range.lowerBound..<end]
      let list = declaration.firstMatch(of: /dependencies: \[((?:[^\[\]]|\[[^\[\]]*\])*)\]/).map { String($0.1) } ?? ""
      let names = list.replacing(/package: "[^"]*"/, with: "").matches(of: /"([^"]+)"/).map { String($0.1) }
      return Target(kind: String(head.1), name: String(head.2), dependencies: names, declaration: String(declaration))
    }
  }
}
