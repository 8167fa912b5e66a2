// Values, functions and tables across the border.

import Testing

@testable import LuaHost

@Suite struct BorderTests {
  let state: LuaState

  init() throws { state = try LuaState() }

  @Test func resultsByType() throws {
    #expect(try state.run("return 6 * 7", as: Int.self) == 42)
    #expect(try state.run("return 0.5", as: Double.self) == 0.5)
    #expect(try state.run("return {1, 2, 4}", as: [Double].self) == [1, 2, 4])
    #expect(try state.run("return {b = 2, a = 1}", as: [String: Int].self) == ["a": 1, "b": 2])
    #expect(try state.run("return nil", as: String?.self) == nil)
    let error = failure { _ = try state.run("return {}", as: Int.self) }
    #expect(error?.message == "expected integer as result, got table")
    #expect(try state.run("return 1, 'x', true, nil, 2.5") == [.integer(1), .string("x"), .bool(true), .nil, .number(2.5)])
    #expect(try state.run("return '\\xff\\xfe'") == [.bytes([0xff, 0xfe])])
    #expect(try state.run("return 1.0")[0] == .integer(1))
    #expect(state.stack.top == 0)
  }

  @Test(arguments: [
    ("f({})", "f: argument 1: expected number, got table"),
    ("f('1')", "f: argument 1: expected number, got string"),
    ("f()", "f: argument 1: expected number, got no value"),
    ("f(1, 2.5)", "f: argument 2: expected integer, got 2.5"),
    ("f(1, print)", "f: argument 2: expected integer, got function"),
    ("f(1, 2, 3)", "f: argument 3: expected string, got number"),
    ("f(1, 2, 'x', 'true')", "f: argument 4: expected boolean, got string"),
    ("f(1, 2, 'x', true, 5)", "f: argument 5: expected table, got number"),
    ("f(1, 2, 'x', true, {}, 5)", "f: argument 6: expected function, got number"),
    ("f(1, 2, 'x', true, {}, print, 5)", "f: argument 7: expected table of strings, got number"),
  ])
  func readersSayWhatTheyExpected(call: String, message: String) throws {
    try state.register("f") { call in
      _ = try call.number(1)
      _ = try call.integer(2)
      _ = try call.string(3)
      _ = try call.bool(4)
      _ = try call.table(5)
      _ = try call.function(6)
      _ = try call.read(7, as: [String].self)
      return 0
    }
    let error = failure { try state.run("\n" + call, name: "@user.lua") }
    #expect(error?.message == "user.lua:2: " + message)
    #expect(error?.kind == .argument)
    #expect(error?.traceback.hasPrefix("user.lua:2: in") == true)
  }

  @Test func optionalArguments() throws {
    try state.register("f") { call in
      try call.expect(0...2)
      return try call.results(try call.optionalNumber(1), try call.optional(2, as: String.self))
    }
    #expect(try state.run("return f()") == [.nil, .nil])
    #expect(try state.run("return f(nil, 'a')") == [.nil, .string("a")])
    #expect(failure { try state.run("f(1, 2)") }?.message.contains("argument 2: expected string, got number") == true)
    #expect(failure { try state.run("f(1, '2', 3)") }?.message.contains("f: expected 0 to 2 arguments, got 3") == true)
  }

  @Test func capturesAreSeenByTheCollector() throws {
    let census = Census()
    do {
      let counted = Counted(census)
      // The closure refers to a table that refers to the closure: a cycle through Lua only.
      let table = try state.makeTable()
      let function = try state.makeFunction("f", captures: [.table(table)]) { call in
        _ = counted
        return try call.push(call.capture(1))
      }
      try table.set("f", to: .function(function))
      #expect(try function.call() == [.table(table)])
    }
    try state.run("")  // gives the references back
    state.collect()
    #expect(census.alive == 0)
    #expect(census.deaths == 1)
  }

  @Test func tablesWithoutMetamethods() throws {
    let values = try state.run(
      "return setmetatable({10, 20, x = 'y'}, {__index = function() error 'index' end, __newindex = function() error 'new' end})")
    let table = try #require(values[0].asTable)
    #expect(try table.count == 2)
    #expect(try table.get(2) == .integer(20))
    #expect(try table.get("x") == .string("y"))
    #expect(try table.get("absent") == .nil)
    try table.set("absent", to: .number(1.5))
    try table.set(1, to: .nil)
    #expect(try table.get("absent") == .number(1.5))
    #expect(try table.get(1) == .nil)
    #expect(state.stack.top == 0)
  }

  @Test(arguments: 1...20) func orderOfKeysIsFixed(seed: Int) throws {
    let script = """
      local n, t = \(seed), {}
      for i = 1, 60 do n = (n * 16807) % 2147483647; t["k" .. n % 60] = i; t[n % 50] = i end
      t.B, t.a, t["é"], t[-3], t[1.0] = 1, 1, 1, 1, 1
      return t
      """
    let table = try #require(try state.run(script)[0].asTable)
    let keys = try table.orderedKeys()
    #expect(keys == keys.sorted())
    #expect(Set(keys).count == keys.count)
    #expect(keys.first == .integer(-3))
    #expect(keys.last == .string("é"))
    var visited = 0
    let stack = state.stack
    try stack.push(table.reference)
    try stack.forEach(at: -1) { () throws(LuaError) in visited += 1 }
    stack.pop()
    #expect(visited == keys.count)
    try table.set("plain", to: .bool(true))
    let odd = try #require(try state.run("return {[true] = 1}")[0].asTable)
    #expect(failure { _ = try odd.orderedKeys() }?.message == "expected integer and string keys, got a key of type boolean")
    #expect(stack.top == 0)
  }

  @Test func rawAccessWantsTables() throws {
    let stack = state.stack
    try stack.push("text")
    let expected = "expected table, got string"
    #expect(failure { _ = try stack.rawGet(1, from: -1) }?.message == expected)
    #expect(failure { _ = try stack.rawGet("a", from: -1) }?.message == expected)
    #expect(failure { _ = try stack.orderedKeys(at: -1) }?.message == expected)
    #expect(failure { try stack.forEach(at: -1) { () throws(LuaError) in } }?.message == expected)
    for key in [LuaKey.integer(1), .string("a")] {
      try stack.push(1)
      #expect(failure { try stack.rawSet(key, in: -2) }?.message == expected)
    }
    #expect(stack.top == 1)
    stack.pop()
  }

  @Test func nestedValuesGoIn() throws {
    try state.setGlobal("v", to: ["rows": [[1.0, 2.0], [3.0]], "none": []])
    #expect(try state.run("return #v.rows, v.rows[2][1], #v.none") == [.integer(2), .number(3), .integer(0)])
    #expect(state.stack.top == 0)
  }

  @Test func chunksAndEnvironments() throws {
    let environment = try state.makeTable()
    try environment.set("x", to: .integer(5))
    let chunk = try state.load("y = x; return ...", name: "=input", environment: environment)
    #expect(try chunk.call(7) == [.integer(7)])
    #expect(try environment.get("y") == .integer(5))
    #expect(try state.global("y") == .nil)
    let error = failure { _ = try state.load("for i = 1,", name: "=input") }
    #expect(error?.kind == .syntax)
    #expect(error?.message == "input:1: unexpected symbol near <eof>")
    #expect(failure { _ = try state.load(file: "/nonexistent/x.lua") }?.message.contains("cannot open /nonexistent/x.lua") == true)
    #expect(try state.load("", name: "=empty").call() == [])
  }

  @Test func bytecodeIsRefused() throws {
    let stack = state.stack
    try state.setGlobal("dumped", to: try state.run("return string.dump(function() return 3 end)")[0])
    try stack.pushGlobals()
    try stack.rawGet("dumped", from: -1)
    let bytes = try #require(stack.bytes(at: -1))
    stack.pop(2)
    #expect(failure { _ = try state.load(bytes: bytes, name: "=b") }?.kind == .syntax)
    #expect(try state.load(bytes: bytes, name: "=b", binary: true).call() == [.integer(3)])
  }

  @Test func upvalues() throws {
    let values = try state.run(
      """
      local a, b = 1, {}
      local function f() return a, b end
      local function g() return b end
      return f, g
      """)
    let f = try #require(values[0].asFunction)
    let g = try #require(values[1].asFunction)
    #expect(try f.upvalue(1)?.name == "a")
    #expect(try f.upvalue(1)?.value == .integer(1))
    #expect(try f.upvalue(3) == nil)
    #expect(try f.upvalueIdentity(2) == g.upvalueIdentity(1))
    #expect(try f.upvalueIdentity(1) != g.upvalueIdentity(1))
    #expect(try f.setUpvalue(1, to: .string("new")))
    #expect(try !f.setUpvalue(9, to: .nil))
    #expect(try f.call().first == .string("new"))
    #expect(try !f.isNative)
    #expect(try state.global("print").asFunction?.isNative == true)
    #expect(state.stack.top == 0)
  }

  @Test func framesAndLocals() throws {
    var seen: [String: LuaValue] = [:]
    var frame: LuaFrame?
    try state.register("look") { call in
      for (name, value) in try call.stack.locals(ofLevel: 1) { seen[name] = value }
      frame = try call.stack.userFrame()
      return 0
    }
    try state.run("local function f(a)\nlocal b = a + 1\nlook()\nend\nf(4)", name: "@user.lua")
    #expect(seen == ["a": .integer(4), "b": .integer(5)])
    #expect(frame?.source == "user.lua")
    #expect(frame?.line == 3)
    // The call comes through an embedded chunk, which is no frame of the user.
    let inner = try state.load("look() return 1", name: "=[ebbtide prelude]")
    try state.setGlobal("inner", to: inner)
    try state.run("\n\nlocal x = inner()", name: "@outer.lua")
    #expect(frame?.source == "outer.lua")
    #expect(frame?.line == 3)
  }

  @Test func failuresAreSeenBeforeTheyUnwind() throws {
    var seen: [LuaValue] = []
    let error = failure {
      try state.observingFailures({ stack in
        if let locals = try? stack.locals(ofLevel: 2) { seen += locals.map(\.value) }
      }) { () throws(LuaError) in _ = try state.run("local kept = 12\nerror('here')", name: "@user.lua") }
    }
    #expect(error?.message == "user.lua:2: here")
    #expect(seen == [.integer(12)])
    seen = []
    _ = failure { try state.run("local kept = 12\nerror('here')") }
    #expect(seen.isEmpty)
  }

  @Test func preloadedModules() throws {
    let loader = try state.makeFunction("loader") { call in
      let table = try call.state.makeTable()
      try table.setFunction("one") { call in try call.push(1) }
      return try call.push(table)
    }
    try state.preload("mine", loader)
    #expect(try state.run("return require('mine').one()", as: Int.self) == 1)
  }

  @Test func referencesOfOtherStatesAreRefused() throws {
    let other = try LuaState()
    let table = try other.makeTable()
    #expect(failure { try state.setGlobal("t", to: table) }?.message == "the value belongs to another Lua state")
    other.close()
    #expect(failure { _ = try table.get("x") }?.message == "the Lua state is closed")
  }

  @Test func safeLibraries() throws {
    let safe = try LuaState(libraries: .safe)
    let absent = [
      "io", "debug", "dofile", "loadfile", "os.execute", "os.exit", "os.remove", "os.rename", "os.tmpname", "os.getenv",
      "os.setlocale", "package.loadlib", "package.searchpath", "string.dump", "package.searchers[2]",
      "package.loaded.io", "package.loaded.debug", "package.loaded.os.execute",
    ]
    for name in absent { #expect(try safe.run("return \(name) == nil", as: Bool.self), "\(name)") }
    #expect(try safe.run("return math.floor(2.5) + #('x'):rep(3) + os.time() * 0", as: Double.self) == 5)
    #expect(try safe.run("return load('return 4')()", as: Int.self) == 4)
    #expect(
      try safe.run("local f, m = load('\\27Lua', 'b', 'b') return f == nil and m", as: String.self)
        == "load: only text chunks can be loaded here")
    #expect(
      try safe.run("local f, m = load('\\27Lua') return f == nil and m", as: String.self).contains("attempt to load a binary chunk")
    )
    #expect(try safe.run("local e = {} load('x = 1', 'n', 't', e)() return e.x", as: Int.self) == 1)
    #expect(failure { try safe.run("require 'socket'") }?.message.contains("module 'socket' not found") == true)
  }

  @Test func warningsArrive() throws {
    var heard = ""
    state.onWarning = { text, continues in heard += text + (continues ? "" : "\n") }
    try state.run("warn('a', 'b') setmetatable({}, {__gc = function() error('late') end}) collectgarbage()", name: "@w.lua")
    #expect(heard.hasPrefix("ab\n"))
    #expect(heard.contains("late"))
  }
}
