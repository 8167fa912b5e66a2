// Errors that cross the border, once or many times.

import Testing

@testable import LuaHost

struct Wrapped: LuaErrorCarrier {
  var carriedLuaError: LuaError?
}

@Suite struct ErrorTests {
  let state: LuaState

  init() throws {
    state = try LuaState()
    // calls its argument; what that raises goes through Swift unchanged
    try state.register("apply") { call in
      let function = try call.function(1)
      let values = try call.state.call(function, try call.values(from: 2))
      for value in values { try call.push(value) }
      return values.count
    }
    try state.register("wrapped") { call in
      do {
        try call.state.call(try call.function(1), [])
      } catch let error as LuaError {
        throw Wrapped(carriedLuaError: error)
      }
      return 0
    }
    try state.register("fail") { _ in throw TestFailure(description: "mm: inner sizes differ") }
  }

  @Test(arguments: [
    "fail()", "apply(fail)", "apply(apply, fail)", "apply(function() apply(function() fail() end) end)",
    "wrapped(fail)", "wrapped(function() apply(wrapped, fail) end)", "coroutine.wrap(function() apply(fail) end)()",
    "select(2, coroutine.resume(coroutine.create(error), 'x')) fail()",
    "local ok, e = pcall(apply, fail) error(e, 0)",
  ])
  func messageAndCauseSurvive(script: String) throws {
    let text = script.hasPrefix("select") ? "local _ = " + script : script
    let error = try #require(failure { try state.run("\n\n" + text, name: "@user.lua") })
    #expect(error.message == "user.lua:3: mm: inner sizes differ")
    #expect(error.cause as? TestFailure == TestFailure(description: "mm: inner sizes differ"))
    #expect(error.kind == .runtime)
    #expect(error.value == nil)
    #expect(error.fullTraceback.hasPrefix("stack traceback:"))
    #expect(state.stack.top == 0)
    #expect(state.lastRaised == nil)
  }

  @Test func tracebackIsOfTheInnermostPlace() throws {
    let script = """
      local function inner() error("deep") end
      local function outer() apply(inner) end
      apply(outer)
      """
    let error = try #require(failure { try state.run(script, name: "@user.lua") })
    #expect(error.message == "user.lua:1: deep")
    let lines = error.traceback.split(separator: "\n")
    #expect(lines.map { $0.prefix(11) } == ["user.lua:1:", "user.lua:2:", "user.lua:3:"])
    #expect(error.fullTraceback.contains("[C]: in function 'apply'"))
  }

  @Test func errorValuesSurvive() throws {
    let error = try #require(
      failure {
        try state.run("apply(apply, function() error(setmetatable({code = 7}, {__tostring = function() return 'seven' end})) end)")
      })
    #expect(error.message == "seven")
    #expect(try error.value?.asTable?.get("code") == .integer(7))
    #expect(try state.run("local t = {} local ok, e = pcall(apply, error, t) return rawequal(t, e)", as: Bool.self))
    #expect(failure { try state.run("error()") }?.message == "nil")
    #expect(failure { try state.run("error(true)") }?.value == .bool(true))
    let unprintable = failure { try state.run("error(setmetatable({}, {__tostring = function() error 'no' end}))") }
    #expect(unprintable?.message == "table")
  }

  @Test func scriptsSeeStrings() throws {
    let script = "local ok, e = pcall(fail)\nreturn type(e) .. ' ' .. e"
    #expect(try state.run(script, name: "@user.lua", as: String.self) == "string user.lua:1: mm: inner sizes differ")
    // the position is that of the caller outside embedded chunks
    try state.setGlobal("helper", to: try state.load("fail()", name: "=[ebbtide helpers]"))
    #expect(failure { try state.run("\nhelper()\n", name: "@user.lua") }?.message == "user.lua:2: mm: inner sizes differ")
    let nobody = try state.load("fail()", name: "=[ebbtide helpers]")
    #expect(failure { try nobody.call() }?.message == "mm: inner sizes differ")
  }

  @Test func tenThousandRaisesLeakNothing() throws {
    let census = Census()
    let box = try state.registerBox("Counted", of: Counted.self)
    try state.register("make") { call in try call.push(Counted(census), as: box) }
    try state.register("spoil") { call in
      let held = try call.box(1, of: box)
      let fresh = Counted(census)
      if held.id == fresh.id { throw TestFailure(description: "spoilt") }
      return 0
    }
    let failures = try state.run(
      "local n = 0 for i = 1, 10000 do if not pcall(spoil, make()) then n = n + 1 end end return n", as: Int.self)
    #expect(failures == 10000)
    state.collect()
    #expect(census.alive == 0)
    #expect(census.deaths == 20000)
  }

  @Test(.timeLimit(.minutes(1))) func recursionIsAnError() throws {
    #expect(failure { try state.run("local function f() return 1 + f() end f()") }?.message.contains("stack overflow") == true)
    // through Swift: the C stack is the limit
    #expect(failure { try state.run("function g() apply(g) end g()") }?.message.contains("C stack overflow") == true)
    #expect(failure { try state.run("string.gsub('x', 'x', function() local function f() return 1 + f() end f() end)") } != nil)
    #expect(try state.run("return 1", as: Int.self) == 1)
    #expect(state.stack.top == 0)
  }

  @Test func yieldAcrossSwiftIsAnError() throws {
    let error = failure { try state.run("coroutine.wrap(function() apply(coroutine.yield) end)()", name: "@user.lua") }
    #expect(error?.message == "attempt to yield across a C-call boundary")
    // Swift functions themselves may be called in coroutines, and these may yield around them.
    let script = """
      local co = coroutine.wrap(function(a) local b = coroutine.yield(apply(math.abs, a)) return apply(math.abs, b) end)
      return co(-1) + co(-2)
      """
    #expect(try state.run(script, as: Int.self) == 3)
  }

  @Test func coroutinesAreLuasOwn() throws {
    let script = """
      local list = {}
      local function log(value) list[#list + 1] = tostring(value) end
      local function closing(f) return setmetatable({}, {__close = f}) end
      local co = coroutine.create(function(...)
        local a = coroutine.yield(select('#', ...))
        local c <close> = closing(function(_, e) log('closed ' .. tostring(e)) end)
        local ok, e = xpcall(function() coroutine.yield(a + 1) error('in', 0) end, function(m) return m .. ' handled' end)
        log(e)
        coroutine.yield('last')
      end)
      log(select(2, coroutine.resume(co, 1, 2, 3)))
      log(select(2, coroutine.resume(co, 10)))
      log(select(2, coroutine.resume(co)))
      log(coroutine.status(co))
      log(coroutine.close(co))
      log(coroutine.status(co))
      log(select(2, coroutine.resume(co)))
      local w = coroutine.wrap(function() local c <close> = closing(function(_, e) log('saw ' .. e) end) error('w', 0) end)
      log(select(2, pcall(w)))
      log(select(2, pcall(coroutine.close, coroutine.running())))
      return list
      """
    #expect(
      try state.run(script, as: [String].self) == [
        "3", "11", "in handled", "last", "suspended", "closed nil", "true", "dead", "cannot resume dead coroutine",
        "saw w", "w", "cannot close a running coroutine",
      ])
  }

  @Test func errorsInFinalizersStayThere() throws {
    var heard = ""
    state.onWarning = { text, _ in heard += text }
    try state.run("for i = 1, 3 do setmetatable({}, {__gc = function() fail() end}) end collectgarbage()")
    #expect(heard.contains("mm: inner sizes differ"))
  }
}
