import LuaHost
import Testing

@testable import ReplKit

@Suite struct ErrorTests {
  /// The column is that of the token Lua could not take, also when the same token stands earlier in the line.
  @Test(arguments: [
    ("x = = 3", "      ^"), ("f(1, , 2)", "       ^"), ("1 + * 2", "      ^"), ("x = x x x", "          ^"),
    ("local t = {1, 2))", "                 ^"),
    ("y = 'open", "      ^"), ("z = 3x", "      ^"), ("é = 1 1", "  ^"), ("if x than y end", "       ^"),
  ])
  func syntaxErrorsHaveACaret(text: String, caret: String) throws {
    let lines = try Conversation().say(text).split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[0].hasPrefix("error: "))
    #expect(lines[1] == "  " + text)
    #expect(lines[2] == caret)
  }

  @Test func theLineOfABlockIsShown() throws {
    let shown = try Conversation().say("for i = 1, 3 do\n\tx = i +* 2\nend")
    #expect(shown == "error: unexpected symbol near '*'\n  2: \tx = i +* 2\n     \t       ^\n")
  }

  @Test func anUnfinishedTextSaysSo() throws {
    let shown = try Conversation().say("for i = 1, 3 do")
    #expect(shown == "error: 'end' expected (to close 'for' at line 1) near <eof>\n  for i = 1, 3 do\n                 ^\n")
  }

  @Test(arguments: [
    ("pritn(1)", "  ^", "(did you mean 'print'?)"), ("print(string.formt('x'))", "               ^", "(did you mean 'format'?)"),
    ("local s = 'x'; s:uper()", "                   ^", "(did you mean 'upper'?)"), ("print(1 + qqqqqq)", "            ^", ""),
  ])
  func unknownNames(text: String, caret: String, hint: String) throws {
    let lines = try Conversation().say(text).split(separator: "\n")
    #expect(lines[0].hasSuffix(hint))
    #expect(lines[2] == caret)
  }

  @Test func operationsAreFoundInTheLine() {
    #expect(placeOfFailure("mm: inner sizes differ", in: "local y = x:mm(w)") == 12)
    #expect(placeOfFailure("add: shapes differ", in: "y = a.x + b") == 8)
    #expect(placeOfFailure("optim.sgd: unknown option 'lrr' (did you mean 'lr'?)", in: "o = eb.optim.sgd{ lrr = 1 }") == 18)
    #expect(placeOfFailure("attempt to concatenate a nil value (global 'q')", in: "x = 'a' .. q") == 11)
    #expect(placeOfFailure("something else", in: "  x = 1") == 2)
  }

  @Test func messagesAreTakenApart() {
    #expect(LocatedMessage("input 3:12: mm: sizes: differ").source == "input 3")
    #expect(LocatedMessage("input 3:12: mm: sizes: differ").line == 12)
    #expect(LocatedMessage("input 3:12: mm: sizes: differ").sentence == "mm: sizes: differ")
    #expect(LocatedMessage("mm: sizes differ").sentence == "mm: sizes differ")
    #expect(LocatedMessage("a:b.lua:7: x").source == "a:b.lua")
    #expect(LocatedMessage("ratio 1:2: x").line == 2)
  }

  @Test func callersAreListed() throws {
    let talk = try Conversation()
    talk.say("function inner(t)\n  return t.x.y\nend")
    talk.say("function outer(t)\n  local v = inner(t)\n  return v\nend")
    let shown = talk.say("v = outer{}")
    #expect(
      shown
        == "error: attempt to index a nil value (field 'x')\n  input 1:2:   return t.x.y\n                        ^\n"
        + "  from input 2:2, in function 'outer'\n  from input 3:1\n")
    #expect(talk.say(":tb").contains("in function 'inner'"))
  }

  @Test(arguments: [("error{code = 3}", "error: table"), ("error(nil)", "error: nil"), ("error('plain', 0)", "error: plain")])
  func otherErrorValues(text: String, start: String) throws { #expect(try Conversation().say(text).hasPrefix(start)) }

  @Test func aStackOverflowIsShort() throws {
    let talk = try Conversation()
    let shown = talk.say("local function f() return 1 + f() end; f()")
    #expect(shown.hasPrefix("error: stack overflow"))
    #expect(shown.split(separator: "\n").count < 20)
  }

  @Test(arguments: [("zeors", "zeros"), ("sun", "sum"), ("steps", nil), ("quite", nil), ("Print", "print")])
  func nearestNames(typed: String, meant: String?) {
    #expect(nearest(to: typed, among: ["zeros", "sum", "steps", "randn", "print"]) == meant)
  }
}
