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

  /// Nothing names a place that exists on one machine only.
  @Test(arguments: ["Sources", "Tests", "Scripts", "Examples", "README.md", "CONTRIBUTING.md", ".ci/run"])
  func noFileNamesAMachine(place: String) throws {
    let path = /(?:^|[^\w.\/])\/(?:work|root|home|Users|mnt)\/\w/
    let inside = try Project.files(in: place)
    for file in inside.isEmpty && FileManager.default.fileExists(atPath: Project.root.appending(path: place).path)
      ? [place] : inside
    {
      for (number, line) in try Project.lines(file).enumerated() {
        #expect(line.firstMatch(of: path) == nil, "\(file):\(number + 1): \(line)")
      }
    }
  }

  /// A public declaration runs over the lines up to the one that closes its parentheses.
  @Test func publicDeclarationsGiveNoWritablePointers() throws {
    var seen = 0
    for path in try Project.files(in: "Sources", endings: ["swift"]) {
      let lines = try Project.lines(path)
      for (number, line) in lines.enumerated() where line.contains(/^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:public|open)\s/) {
        seen += 1
        var declaration = ""
        var depth = 0
        for next in lines[number...] {
          declaration += next
          depth += next.count { $0 == "(" } - next.count { $0 == ")" }
          if depth <= 0 { break }
        }
        // What stands after the opening brace is the body.
        let signature = declaration.prefix { $0 != "{" }
        #expect(!signature.contains("UnsafeMutable"), "\(path):\(number + 1): \(signature)")
      }
    }
    #expect(seen > 0)
  }
}
