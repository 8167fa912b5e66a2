import Ebbtide
import Foundation
import Testing

/// The specs in Lua, each in a session of its own. `Specs/harness.lua` says what they are written with.
@Suite struct SpecTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Specs")

  static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".lua") && $0 != "harness.lua" }.sorted()
  }()

  static func text(_ name: String) throws -> String { try String(contentsOf: folder.appending(path: name), encoding: .utf8) }

  /// A session with `eb` and the words of the specs.
  static func session() throws -> Session {
    let session = try Session()
    try session.exposeGlobal()
    try session.run(text("harness.lua"), name: "=harness")
    return session
  }

  @Test func theSpecsAreThere() { #expect(Self.names.count >= 8) }

  @Test(arguments: names)
  func spec(name: String) throws {
    let session = try Self.session()
    try session.run(Self.text(name), name: "@" + name)
    for failure in try session.run("return failures", as: [String].self) { Issue.record("\(name): \(failure)") }
    #expect(try session.run("return passed", as: Int.self) > 0)
  }

  @Test(arguments: [
    "equal(1, 2)", "close(1, 1.1)", "raises(function() end)", "raises(error, 'x')", "error('x')", "equal({1}, {1, 2})",
  ])
  func aBrokenExpectationFails(body: String) throws {
    let session = try Self.session()
    try session.run("test('t', function() \(body) end)")
    #expect(try session.run("return #failures", as: Int.self) == 1)
  }
}
