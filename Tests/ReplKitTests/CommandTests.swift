import Glibc
import LuaHost
import Testing

@testable import ReplKit

@Suite struct CommandTests {
  private func temporaryFile() throws -> String {
    var template = Array("/tmp/ebbtide-test-XXXXXX".utf8CString)
    close(mkstemp(&template))
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  @Test func whoListsWhatIsNew() throws {
    let talk = try Conversation()
    #expect(talk.say(":who") == "nothing yet\n")
    talk.say("local k = 3; g = 'x'; function f(a) end; math.new = 1")
    #expect(talk.say(":who") == "  k  local number  3\n  f  function      <function(a) input 1:1>\n  g  string        \"x\"\n")
    #expect(talk.say("repl.who()") == talk.say(":who"))
  }

  @Test func resetForgets() throws {
    let talk = try Conversation()
    talk.say("local k = 3; g = 1; print = nil; 7")
    talk.say("local k = 3; g = 1; print = nil")
    talk.say("7")
    talk.say(":reset")
    #expect(talk.say("k, g, _, type(print)") == "nil\tnil\tnil\t\"function\"\n")
    talk.say("local k = 1")
    #expect(talk.say("k") == "1\n")
  }

  @Test func timing() throws {
    let talk = try Conversation()
    let shown = talk.say(":time 1 + 1")
    #expect(shown.hasPrefix("2\n"))
    #expect(shown.contains("s, Lua's heap"))
    talk.say(":time local t = 5")
    #expect(talk.say("t") == "5\n")
    #expect(talk.say("select('#', repl.time(function(a) return a, 2 end, 1)), select(2, repl.time(math.abs, -3))") == "3\t3\n")
    #expect(talk.say(":time").hasPrefix("error: time: expected CODE"))
    #expect(talk.say(":timeit x = = 1").hasPrefix("error: unexpected symbol near '='"))
  }

  @Test func savingAndLoading() throws {
    let path = try temporaryFile()
    defer { unlink(path) }
    let talk = try Conversation()
    talk.say("local a = 1")
    talk.say("broken broken")
    talk.say("b = a + 1")
    #expect(talk.say(":save \(path)") == "saved 2 inputs to \(path)\n")
    #expect(try readFile(path) == "local a = 1\nb = a + 1\n")
    let other = try Conversation()
    #expect(other.say(":load \(path)") == "")
    #expect(other.say("a, b") == "1\t2\n")
    let third = try Conversation()
    #expect(third.say(":run \(path)") == "")
    #expect(third.say("a, b") == "nil\t2\n")
    try writeFile(path, "#!/usr/bin/env ebbtide\nlocal c = 3\nc.x.y = 1\n")
    let caret = String(repeating: " ", count: 2 + path.utf8.count + 4) + "^"
    let failure = "error: attempt to index a number value (local 'c')\n  \(path):3: c.x.y = 1\n"
    #expect(other.say(":load \(path)") == failure + caret + "\n")
    #expect(other.say("c") == "3\n")
    #expect(talk.say(":load /nowhere/x.lua").hasPrefix("error: cannot read /nowhere/x.lua"))
    #expect(talk.say(":run /nowhere/x.lua").hasPrefix("error: "))
  }

  @Test func editing() throws {
    let talk = try Conversation()
    #expect(talk.say(":edit").hasPrefix("error: edit: there is no terminal"))
    talk.repl.editFile = { _ in }
    talk.repl.edit = { $0.replacing("1", with: "5") }
    talk.say("local q = 1")
    talk.say(":edit")
    #expect(talk.say("q") == "5\n")
    talk.say("function one() return 1 end")
    talk.say(":edit one")
    #expect(talk.say("one()") == "5\n")
  }

  @Test func unknownCommands() throws {
    let talk = try Conversation()
    #expect(talk.say(":wo") == "error: there is no command ':wo' (did you mean ':who'?)\n")
    #expect(talk.say(":quit x").hasPrefix("error: quit: the code is a number"))
    for command in Command.all { #expect(talk.say(":help").contains(":" + command.name)) }
  }

  /// Each command that a program could want has a function of the same name.
  @Test func commandsHaveTwins() throws {
    let talk = try Conversation()
    let atThePromptOnly: Set = ["help", "load", "edit"]
    for command in Command.all where !atThePromptOnly.contains(command.name) {
      #expect(talk.say("type(repl.\(command.name))") == "\"function\"\n")
    }
  }

  @Test func thePromptsFunctionsAreDocumented() throws {
    let talk = try Conversation()
    for name in try #require(try talk.state.global("repl").asTable).orderedKeys() {
      #expect(talk.say("?repl.\(name.text)").hasPrefix("repl.\(name.text)("))
    }
    #expect(talk.say("?help").hasPrefix("help(subject?)"))
  }

  @Test func theirExamplesRun() throws {
    let talk = try Conversation()
    #expect(talk.repl.documentation.examples.count >= 8)
    for (name, code) in talk.repl.documentation.examples { #expect(talk.repl.enter(code) == .done, "\(name)") }
  }
}
