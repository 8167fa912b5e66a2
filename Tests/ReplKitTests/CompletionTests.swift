import Glibc
import LuaHost
import Testing

@testable import ReplKit

@Suite struct CompletionTests {
  private func talk() throws -> Conversation {
    let talk = try Conversation(annotations: DocumentationTests.annotations)
    talk.say("local localOne, localTwo = 1, {deep = {inner = 2}, ['a b'] = 3, f = print}")
    talk.say("eb = {zeros = function() end, optim = {sgd = function() end}, nn = {}}")
    return talk
  }

  @Test(arguments: [
    ("loc", ["local", "localOne", "localTwo"]), ("localTwo.", ["deep", "f"]), ("localTwo.deep.i", ["inner"]),
    ("localTwo[\"deep\"].", ["inner"]),
    ("print(localTwo['", ["a b", "deep", "f"]), ("localTwo[\"d", ["deep"]), ("x = math.ma", ["max", "maxinteger"]),
    ("('x'):upp", ["upper"]),
    ("localTwo:", ["f"]), ("local y = stri", ["string"]), ("-- loc", []), ("x = 12", []), ("nothing.", []), ("f().", []),
    (":ti", ["time", "timeit"]),
    ("?math.fl", ["floor"]), ("require 'strin", ["string"]), ("require(\"co", ["coroutine"]),
    ("a .. loc", ["local", "localOne", "localTwo"]),
    ("'loc", []), ("eb.zeros{2}:s", ["sum"]), ("eb.zeros{2}:", ["sum"]), ("eb.zeros{2}.", ["shape", "sum"]),
    ("eb.zeros{2}:sum():su", ["sum"]),
  ])
  func candidates(text: String, expected: [String]) throws { #expect(try talk().tab(text) == expected) }

  @Test func optionsHaveTypeAndDefault() throws {
    let talk = try talk()
    let completion = talk.repl.completions(in: "o = eb.optim.sgd{ lr = 1, ", at: 26)
    #expect(completion.candidates.map(\.text) == ["momentum = ", "nesterov = "])
    #expect(completion.candidates.map(\.detail) == ["number = 0", "boolean = false"])
    #expect(talk.tab("eb.optim.sgd{ n") == ["nesterov"])
    #expect(talk.tab("eb.optim.sgd{ lr = ma") == ["math"])
    #expect(talk.tab("eb.zeros({2}, {dt") == ["dtype"])
    #expect(talk.tab("{ mom") == [])
  }

  @Test func indexFunctionsAreNeverCalled() throws {
    let talk = try Conversation()
    talk.say("calls = 0; trap = setmetatable({a = {}}, {__index = function() calls = calls + 1 end})")
    talk.say("trap2 = setmetatable({}, {__index = {inherited = 1}})")
    #expect(talk.tab("trap.") == ["a"])
    #expect(talk.tab("trap.b.") == [])
    #expect(talk.tab("trap2.") == ["inherited"])
    #expect(talk.say("calls") == "0\n")
  }

  @Test func boxesGiveTheirMembers() throws {
    struct Point { var x = 0.0 }
    let talk = try Conversation(annotations: DocumentationTests.annotations)
    let type = try talk.state.registerBox("tensor", of: Point.self)
    try type.method("norm") { _ in 0 }
    try type.property("size") { _ in throw LuaError("must not run") }
    try talk.state.setGlobal("p", to: try type.make(Point()))
    #expect(talk.tab("p:") == ["norm", "sum"])
    #expect(talk.tab("p.s") == ["shape", "size", "sum"])
    #expect(talk.tab("p.size.") == [])
  }

  @Test func filesAreFoundInStrings() throws {
    var template = Array("/tmp/ebbtide-test-XXXXXX".utf8CString)
    let folder = String(cString: try #require(mkdtemp(&template)))
    defer {
      unlink(folder + "/data-set.csv")
      rmdir(folder + "/nested")
      rmdir(folder)
    }
    try writeFile(folder + "/data-set.csv", "")
    mkdir(folder + "/nested", 0o700)
    let talk = try Conversation()
    let text = "io.open('\(folder)/"
    let completion = talk.repl.completions(in: text, at: text.utf8.count)
    #expect(completion.candidates.map(\.text) == ["data-set.csv", "nested/"])
    #expect(completion.start == text.utf8.count)
    #expect(talk.tab("x = '\(folder)/data-") == ["data-set.csv"])
  }
}
