import Foundation
import Testing

@testable import Bindings
@testable import LuaHost

/// The annotation files are what help, completion and editors know: every exported name is in them, and every example in them runs.
@Suite struct AnnotationTests {
  /// A documented name with its text and examples.
  struct Entry: CustomTestStringConvertible, Sendable {
    var name: String
    var file: String
    var line: Int
    var text = ""
    var examples: [String] = []
    var testDescription: String { "\(file):\(line) \(name)" }
  }

  static let entries: [Entry] = {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Sources/Bindings/Annotations")
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.sorted().flatMap { file in
      parse(file, (try? String(contentsOf: folder.appending(path: file), encoding: .utf8)) ?? "")
    }
  }()

  /// What stands in comments belongs to the function, table or class that follows.
  private static func parse(_ file: String, _ text: String) -> [Entry] {
    var entries: [Entry] = []
    var entry = Entry(name: "", file: file, line: 0)
    var example: [String]?
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if line.hasPrefix("---@class ") {
        entry.name = line.dropFirst(10).prefix { $0 != ":" }.trimmingCharacters(in: .whitespaces)
      } else if line.hasPrefix("---@") {
        continue
      } else if line.hasPrefix("---```") {
        if let code = example { entry.examples.append(code.joined(separator: "\n")) }
        example = example == nil ? [] : nil
      } else if line.hasPrefix("---") {
        if example == nil { entry.text += line.dropFirst(3) + "\n" } else { example?.append(String(line.dropFirst(3))) }
      } else {
        if let match = line.firstMatch(of: /^(?:function\s+([\w.:]+)|([\w.]+)\s*=)/) {
          entry.name = String(match.1 ?? match.2 ?? "").replacing(":", with: ".")
        }
        entry.line = number + 1
        if !entry.name.isEmpty { entries.append(entry) }
        entry = Entry(name: "", file: file, line: 0)
      }
    }
    return entries
  }

  @Test func theFilesAreThere() { #expect(Self.entries.count > 150) }

  /// An example runs in a session of its own. Each line that prints and ends in `--> text` prints that text.
  @Test(arguments: entries.filter { !$0.examples.isEmpty })
  func examplesRun(entry: Entry) throws {
    for example in entry.examples {
      let session = try Session()
      try session.exposeGlobal()
      try session.run(
        """
        printed = {}
        function print(...)
          local words = table.pack(...)
          for i = 1, words.n do words[i] = tostring(words[i]) end
          printed[#printed + 1] = table.concat(words, " ", 1, words.n)
        end
        """)
      do {
        try session.run(example, name: "=example")
      } catch {
        Issue.record("\(entry.testDescription): \(error)\n\(example)")
        continue
      }
      let printed = try session.run("return printed", as: [String].self)
      let expected = example.matches(of: /--> *([^\n]*)/).map { String($0.1) }
      #expect(printed.map(words) == expected.map(words), "\(entry.testDescription)")
    }
  }

  private func words(_ text: String) -> [Substring] { text.split { $0 == " " || $0 == "\t" } }

  @Test func everyNameIsDocumented() throws {
    let session = try Session()
    try session.exposeGlobal()
    var names = try session.run(
      """
      local names = {}
      local function walk(module, prefix)
        for key, value in pairs(module) do
          names[#names + 1] = prefix .. key
          if type(value) == "table" and getmetatable(value) then walk(value, prefix .. key .. ".") end
        end
      end
      walk(eb, "eb.")
      for key in pairs(getmetatable(eb.data.dataset { x = eb.ones { 1 } })) do
        if not key:find("^__") then names[#names + 1] = "Dataset." .. key end
      end
      return names
      """, as: [String].self)
    // What the program's own Lua files alone hold is no name for users.
    for box in session.state.boxTypes.values where box.name != "training loop" {
      let members = try box.memberNames()
      names += (members.methods + members.properties).map { "\(className(box)).\($0)" }
    }
    #expect(names.count > 200)
    let fields = Set(["Tensor.shape", "Tensor.dtype", "Tensor.ndim"])
    let documented = Dictionary(Self.entries.map { ($0.name, $0) }) { first, _ in first }
    for name in names.sorted() where !fields.contains(name) {
      guard let entry = documented[name] else {
        Issue.record("\(name) is not documented")
        continue
      }
      let isOtherName = entry.text.hasPrefix("The method `Tensor:")
      #expect(
        entry.text.count > 2 && (isOtherName || !entry.examples.isEmpty), "\(entry.testDescription) has no text or no example")
    }
  }

  // The class of the box `tensor` is called Tensor, that of `per-example gradients` PerExampleGradients.
  private func className(_ box: AnyLuaBoxType) -> String {
    box.name.split { !$0.isLetter }.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }

  /// Nothing is documented that does not exist.
  @Test func everyDocumentedNameExists() throws {
    let session = try Session()
    try session.exposeGlobal()
    for entry in Self.entries where entry.name.hasPrefix("eb.") {
      let exists = try session.run("return \(entry.name) ~= nil", as: Bool.self)
      #expect(exists, "\(entry.testDescription)")
    }
    for box in session.state.boxTypes.values {
      let (methods, properties) = try box.memberNames()
      let owner = className(box) + "."
      for entry in Self.entries where entry.name.hasPrefix(owner) {
        let name = String(entry.name.dropFirst(owner.count))
        #expect(methods.contains(name) || properties.contains(name), "\(entry.testDescription)")
      }
    }
  }
}
