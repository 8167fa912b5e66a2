import Foundation
import Testing

@Suite struct HouseRulesTests {
  static let code: Set<String> = ["swift", "c", "h", "inc", "def", "lua", "py"]

  @Test func theTopLevelIsAsAgreed() throws {
    let agreed: Set<String> = [
      "Package.swift", "Package.resolved", "Sources", "Tests", "Scripts", "Examples", "README.md", "CONTRIBUTING.md", "LICENSE",
    ]
    let entries = try FileManager.default.contentsOfDirectory(atPath: Project.root.path)
    #expect(entries.filter { !$0.hasPrefix(".") && !agreed.contains($0) } == [])
  }

  /// A package with unsafe flags can't be a versioned dependency.
  @Test func thePackageAsksForNoUnsafeFlags() throws {
    #expect(try Project.text("Package.swift")?.contains("unsafeFlags") == false)
  }

  @Test(arguments: ["Sources", "Tests"])
  func filesAreShort(folder: String) throws {
    for path in try Project.files(in: folder, endings: Self.code) {
      let count = try Project.lines(path).count - 1
      #expect(count <= 500, "\(path) has \(count) lines: is it one idea?")
    }
  }

  /// A figure's script is read like a method section, and its last line is the one that makes its verdicts count.
  @Test func scriptsOfPapersAreShort() throws {
    let scripts = try Project.files(in: "Examples/papers", endings: ["lua"]).filter { $0.split(separator: "/").count > 3 }
    #expect(scripts.count > 10)
    for path in scripts {
      #expect(try Project.lines(path).count - 1 <= 60, "\(path) has more than 60 lines")
      #expect(try Project.text(path)?.hasSuffix("\npaper.finish()\n") == true, "\(path) does not end with paper.finish()")
    }
  }

  /// Nothing names a place that exists on one machine only.
  @Test(arguments: ["Sources", "Tests", "Scripts", "Examples", "README.md", "CONTRIBUTING.md", ".ci/run"])
  func noFileNamesAMachine(place: String) throws {
    let folders = ["work", "root", "home", "Users", "mnt"].map { "/\($0)/" }
    let path = /(?:^|[^\w.\/])\/(?:work|root|home|Users|mnt)\/\w/
    let inside = try Project.files(in: place)
    for file in inside.isEmpty && FileManager.default.fileExists(atPath: Project.root.appending(path: place).path)
      ? [place] : inside
    {
      let text = try Project.text(file) ?? ""
      guard folders.contains(where: { text.contains($0) }) else { continue }  // quick, unlike regular expressions
      for (number, line) in try Project.lines(file).enumerated() {
        #expect(line.firstMatch(of: path) == nil, "\(file):\(number + 1): \(line)")
      }
    }
  }

  /// A declaration runs over the lines up to the one that closes its parentheses; what stands after the opening brace is its body.
  @Test func publicDeclarationsGiveNoWritablePointers() throws {
    let start = /^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:public|open)\s/
    for path in try Project.files(in: "Sources", endings: ["swift"]) {
      guard let text = try Project.text(path), Self.hasWritablePointer(text) else { continue }
      let lines = try Project.lines(path)
      for (number, line) in lines.enumerated() where line.contains(start) {
        var declaration = ""
        var depth = 0
        for next in lines[number...] {
          declaration += next
          depth += next.count { $0 == "(" } - next.count { $0 == ")" }
          if depth <= 0 { break }
        }
        let signature = String(declaration.prefix { $0 != "{" })
        #expect(!Self.hasWritablePointer(signature), "\(path):\(number + 1): \(signature)")
      }
    }
  }

  static func hasWritablePointer(_ text: String) -> Bool {
    text.contains("UnsafeMutablePointer") || text.contains("UnsafeMutableBufferPointer")
  }
}
