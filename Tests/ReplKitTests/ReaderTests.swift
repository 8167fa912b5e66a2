import Testing

@testable import ReplKit

@Suite struct ReaderTests {
  @Test(arguments: [
    ("", Request.nothing), ("  \n ", .nothing), ("?", .overview), ("?eb.zeros", .explain("eb.zeros")),
    ("eb.zeros?", .explain("eb.zeros")),
    ("??f", .source("f")), ("f??", .source("f")), ("?*spec*", .explain("*spec*")),
    (":time f(x)", .command(name: "time", argument: "f(x)")),
    (":who", .command(name: "who", argument: "")), ("x;", .lua("x;", isSilent: true)),
    ("x; -- why", .lua("x; -- why", isSilent: true)),
    ("x -- ;", .lua("x -- ;", isSilent: false)), ("'a;'", .lua("'a;'", isSilent: false)),
    ("= 1 + 1", .lua("  1 + 1", isSilent: false)),
    ("=x", .lua(" x", isSilent: false)), ("'why?'", .lua("'why?'", isSilent: false)),
    ("x -- why?", .lua("x -- why?", isSilent: false)),
    ("> x = 1\n>> y = 2", .lua("x = 1\ny = 2", isSilent: false)), ("::label::", .lua("::label::", isSilent: false)),
  ])
  func requests(text: String, request: Request) { #expect(Request(text) == request) }

  @Test(arguments: [
    ("x", true), ("for i = 1, 3 do", false), ("for i = 1, 3 do print(i) end", true), ("f(", false), ("{1, 2,", false),
    ("1 +", false),
    ("x = [[", false), ("--[[ open", false), ("x = 'open", true), ("x = = 3", true), ("break", true), ("goto nowhere", true),
    ("if x then", false), ("return 1", true), ("local x <close> = nil", true), ("function f()\n  return 1", false),
    (":time for", false),
    (":who", true), ("?for", true), ("x = \"a\\", false), ("'a\\z", false), ("", true), ("f{", false), ("a.b:c", false),
    ("end", true),
  ])
  func completeness(text: String, isComplete: Bool) throws {
    #expect(try Conversation().repl.isComplete(text) == isComplete)
  }

  @Test func tokensCoverTheText() {
    let text = "local a <const> = 0x1p-4 .. 'q\\'' --[==[ long\n]==] // b ~= c ... ::x:: [[s]] é"
    let source = LuaText(text)
    #expect(
      source.tokens.map { source.text($0) } == [
        "local", "a", "<", "const", ">", "=", "0x1p-4", "..", "'q\\''", "--[==[ long\n]==]", "//", "b", "~=", "c", "...", "::", "x",
        "::",
        "[[s]]", "é",
      ])
    #expect(LuaText("'open").tokens.map(\.isClosed) == [false])
    #expect(LuaText("[==[ open ]=]").tokens.map(\.isClosed) == [false])
    #expect(LuaText("'a\\\nb'").tokens.map(\.isClosed) == [true])
  }
}
