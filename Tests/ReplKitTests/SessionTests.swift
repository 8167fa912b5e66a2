import LuaHost
import Testing

@testable import ReplKit

@Suite struct SessionTests {
  @Test(arguments: [
    ("2^10", "1024.0\n"), ("1, 'a', nil", "1\t\"a\"\tnil\n"), ("nil", "nil\n"), ("x = 5", ""), ("f = print", ""),
    ("return 3, 4", "3\t4\n"),
    ("(function() end)()", ""), ("= 1 + 1", "2\n"), ("1 + 1;", ""), ("-- nothing", ""), ("> 1 + 1", "2\n"),
    ("goto done ::done::", ""),
    ("...", ""), ("_ENV ~= _G", "true\n"), ("select('#', ...)", "0\n"),
  ])
  func results(text: String, shown: String) throws { #expect(try Conversation().say(text) == shown) }

  @Test func lastResults() throws {
    let talk = try Conversation()
    talk.say("2^10")
    #expect(talk.say("_ + 1") == "1025.0\n")
    #expect(talk.say("_, __") == "1025.0\t1024.0\n")
    talk.say("7;")
    #expect(talk.say("_") == "7\n")
    talk.say("x = 3")
    talk.say("nil")
    #expect(talk.say("_") == "7\n")
    #expect(talk.say("_out[1] == _") == "true\n")
  }

  @Test func olderResultsAreHeldWeakly() throws {
    let talk = try Conversation()
    talk.say("seen = setmetatable({}, {__mode = 'k'})")
    for i in 1...4 { talk.say("(function() local t = {\(i)}; seen[t] = \(i); return t end)()") }
    // What a reference held is free for the collector after the next call.
    for _ in 1...2 { talk.say("collectgarbage() collectgarbage()") }
    talk.say("left = {}; for _, v in pairs(seen) do left[#left + 1] = v end; table.sort(left)")
    #expect(talk.say("table.concat(left, ' ')") == "\"3 4\"\n")
  }

  // MARK: Locals

  @Test func localsLiveOn() throws {
    let talk = try Conversation()
    talk.say("local k = 3")
    #expect(talk.say("k") == "3\n")
    talk.say("k = k + 1")
    #expect(talk.say("k, rawget(_G, 'k')") == "4\tnil\n")
    talk.say("local function add(a) return a + k end")
    #expect(talk.say("add(1)") == "5\n")
    talk.say("local a, b <const>, c <close> = 1, 2, nil")
    #expect(talk.say("a, b, c") == "1\t2\tnil\n")
    talk.say("g = 1")
    #expect(talk.say("_G.g") == "1\n")
  }

  @Test func foldedConstantsLiveOn() throws {
    let talk = try Conversation()
    talk.say("local size <const> = 40; local name <const> = 'x'")
    #expect(talk.say("size, name") == "40\t\"x\"\n")
    talk.say("inner = 1; do local inner <const> = 2 end")
    talk.say("inner = 5")
    #expect(talk.say("inner, _G.inner") == "5\t5\n")
  }

  @Test func localsOfBlocksStayInside() throws {
    let talk = try Conversation()
    talk.say("do local inside = 1 end; for i = 1, 2 do local j = i end")
    #expect(talk.say("inside, i, j") == "nil\tnil\tnil\n")
  }

  @Test func aNilLocalHidesTheGlobal() throws {
    let talk = try Conversation()
    talk.say("x = 'global'")
    talk.say("local x")
    #expect(talk.say("x") == "nil\n")
    talk.say("x = 1")
    #expect(talk.say("x, _G.x") == "1\t\"global\"\n")
    talk.say("x = nil")
    #expect(talk.say("x") == "nil\n")
    talk.say("y = 2")
    #expect(talk.say("_G.y") == "2\n")
  }

  @Test func localsOfAFailedInputAreKept() throws {
    let talk = try Conversation()
    talk.say("local a = 1\nlocal b = 2\nerror 'stop'\nlocal c = 3")
    #expect(talk.say("a, b, c") == "1\t2\tnil\n")
    talk.say("local d = 4; (function() local hidden = 5; error 'deep' end)()")
    #expect(talk.say("d, hidden") == "4\tnil\n")
    talk.say("local e = 6; local function f() return f() + 1 end; f()")
    #expect(talk.say("e") == "6\n")
  }

  @Test func anEnvironmentOfTheUsersOwn() throws {
    let talk = try Conversation()
    #expect(talk.say("local p, _ENV = print, {}; local q = 8") == "")
    #expect(talk.say("q, p == print") == "8\ttrue\n")
  }

  @Test func theTextEndsInAComment() throws {
    let talk = try Conversation()
    talk.say("local n = 9 -- the size")
    #expect(talk.say("n -- again") == "9\n")
  }

  // MARK: Interrupts

  @Test(arguments: [
    "while true do end", "while true do pcall(function() while true do end end) end",
    "coroutine.wrap(function() while true do end end)()",
  ])
  func interruptedInputsLeaveTheSession(text: String) throws {
    let talk = try Conversation()
    talk.say("local kept = 1")
    talk.say("local function later() repl_interrupt() end")
    try talk.state.register("repl_interrupt") { call in
      call.state.interrupt()
      return 0
    }
    #expect(talk.repl.enter("local also = 2; repl_interrupt() \(text)") == .interrupted)
    #expect(talk.say("kept, also") == "1\t2\n")
  }

  @Test func quitting() throws {
    let talk = try Conversation()
    #expect(talk.repl.enter(":quit") == .quit(0))
    #expect(talk.repl.enter(":quit 3") == .quit(3))
    #expect(talk.repl.enter("for i = 1, 3 do repl.quit(4) end") == .quit(4))
    #expect(talk.repl.enter("error 'x'") == .failed)
    #expect(talk.repl.enter("x = 1") == .done)
  }
}
