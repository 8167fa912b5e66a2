// Boxed Swift values: their members, their lifetimes in owned and borrowed states, and tiny operations.

import CLua
import CLuaShim
import Testing

@testable import LuaHost

struct Point: Equatable, LuaBoxed {
  var x: Double
  var y: Double
}

/// 128 bytes: lies behind a pointer.
struct Large {
  var counted: Counted
  var rest: (Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int) = (
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
  )
}

@Suite struct BoxTests {
  func makePoints(_ state: LuaState) throws -> LuaBoxType<Point> {
    let type = try state.registerBox("Point", of: Point.self)
    try state.register("point") { call in
      try call.push(Point(x: try call.number(1), y: try call.number(2)), as: type)
    }
    try type.method("norm") { call in
      let p = try call.box(1, of: type)
      return try call.push((p.x * p.x + p.y * p.y).squareRoot())
    }
    try type.property("x") { call in try call.push(call.box(1, of: type).x) }
    try type.metamethod(.add, label: "add") { call in
      let (a, b) = (try call.box(1, of: type), try call.box(2, of: type))
      return try call.push(Point(x: a.x + b.x, y: a.y + b.y), as: type)
    }
    try type.metamethod(.newIndex) { call in
      let (key, value) = (try call.string(2), try call.number(3))
      try call.withBox(1, of: type) { if key == "x" { $0.x = value } else { $0.y = value } }
      return 0
    }
    try type.metamethod(.call) { call in try call.push(call.count) }
    try type.metamethod(.length) { _ in 0 }
    try type.metamethod(.toString) { call in try call.push("\(try call.box(1, of: type))") }
    return type
  }

  @Test func membersAndMetamethods() throws {
    let state = try LuaState()
    let type = try makePoints(state)
    #expect(try state.run("return point(3, 4):norm()", as: Double.self) == 5)
    #expect(try state.run("local p = point(3, 4) p.x = 10 return p.x", as: Double.self) == 10)
    #expect(try state.run("return (point(1, 2) + point(3, 4)).x", as: Double.self) == 4)
    #expect(try state.run("return point(1, 2)(5, 6)", as: Int.self) == 3)
    #expect(try state.run("return tostring(point(1, 2))", as: String.self) == "Point(x: 1.0, y: 2.0)")
    #expect(try state.run("return getmetatable(point(1, 2))") == [.bool(false)])
    #expect(failure { try state.run("return point(1, 2).colour", name: "@u") }?.message == "u:1: Point has no field 'colour'")
    try type.index { call in
      if let i = call.stack.integer(at: 2) { return try call.push(i == 1 ? call.box(1, of: type).x : call.box(1, of: type).y) }
      throw LuaError("Point: no field '\(try call.string(2))'")
    }
    #expect(try state.run("return point(1, 2)[2]", as: Double.self) == 2)
    #expect(failure { try state.run("return point(1, 2).colour") }?.message.contains("Point: no field 'colour'") == true)
    #expect(try type.memberNames().methods == ["norm"])
    #expect(try type.memberNames().properties == ["x"])
    #expect(state.stack.top == 0)
  }

  @Test func typesAreToldApart() throws {
    let state = try LuaState()
    _ = try makePoints(state)
    let other = try state.registerBox("Other", of: Int.self)
    try state.register("other") { call in try call.push(7, as: other) }
    let methods = ["other()", "5", "nil", "io.stdout", "('x'):rep(80)", "{}"]
    let names = ["Other", "number", "nil", "userdata", "string", "table"]
    for (argument, name) in zip(methods, names) {
      let error = failure { try state.run("return point(1, 2).norm(\(argument))", name: "@u") }
      #expect(error?.message == "u:1: norm: argument 1: expected Point, got \(name)")
    }
    // A metatable put on something else changes nothing.
    let script = "debug.setmetatable(io.stdout, debug.getmetatable(point(1, 2))) return io.stdout.norm(io.stdout)"
    #expect(failure { try state.run(script) }?.message.contains("expected Point, got userdata") == true)
  }

  @Test func boxesConvert() throws {
    let state = try LuaState()
    let type = try makePoints(state)
    #expect(try state.run("return point(1, 2)", as: Point.self) == Point(x: 1, y: 2))
    #expect(try state.run("return {point(1, 2), point(3, 4)}", as: [Point].self).count == 2)
    try state.setGlobal("p", to: Point(x: 5, y: 6))
    #expect(try state.run("return p.x", as: Double.self) == 5)
    let held = try type.make(Point(x: 8, y: 9))
    #expect(try type.value(of: held) == Point(x: 8, y: 9))
    #expect(try type.value(of: try state.makeTable().reference) == nil)
    #expect(try state.boxType(of: Point.self) === type)
    #expect(state.stack.top == 0)
  }

  // MARK: Lifetimes

  func exercise(_ state: LuaState, _ census: Census) throws {
    let small = try state.registerBox("Small", of: Counted.self)
    let large = try state.registerBox("Large", of: Large.self)
    let quick = try state.registerBox(
      "Quick", of: [Counted].self,
      destroy: { $0.assumingMemoryBound(to: [Counted].self).deinitialize(count: 1) })
    try state.register("small") { call in try call.push(Counted(census), as: small) }
    try state.register("large") { call in try call.push(Large(counted: Counted(census)), as: large) }
    try state.register("quick") { call in try call.push([Counted(census), Counted(census)], as: quick) }
    try state.register("released") { call in try call.push(small.release(on: call.stack, at: 1)) }
    try small.metamethod(.close) { call in
      small.release(on: call.stack, at: 1)
      return 0
    }
    try state.register("alive") { call in try call.push(small.value(on: call.stack, at: 1) != nil) }
    try state.run(
      """
      kept = {small(), large(), quick()}
      for i = 1, 1000 do local a, b, c = small(), large(), quick() end
      do local x <close> = small() closed = x end
      assert(not alive(closed))
      pcall(function() local x <close> = small() error('out') end)
      local twice = small()
      assert(released(twice) and not released(twice) and not alive(twice))
      -- brought back by a finalizer, and dropped for good later
      setmetatable({small()}, {__gc = function(t) back = t[1] end})
      collectgarbage() collectgarbage()
      assert(back ~= nil)
      back = nil
      collectgarbage() collectgarbage()
      -- a cycle, and boxes in a dead coroutine
      do local t = {small()} t[2] = t end
      coroutine.wrap(function() local x = small() coroutine.yield() end)()
      collectgarbage()
      last = setmetatable({small()}, {__gc = function(t) t[1] = nil end})
      """)
  }

  @Test func typesOutliveTheirState() throws {
    let state = try LuaState()
    let type = try makePoints(state)
    state.close()
    #expect(failure { _ = try type.make(Point(x: 1, y: 2)) }?.message == "the Lua state is closed")
    #expect(failure { try type.method("late") { _ in 0 } }?.message == "the Lua state is closed")
  }

  @Test func ownedBoxesDieOnce() throws {
    let census = Census()
    let state = try LuaState()
    try exercise(state, census)
    state.collect()
    // kept (1 + 1 + 2) and last
    #expect(census.alive == 5)
    state.close()
    #expect(census.alive == 0)
    #expect(state.heapBytes == 0)
  }

  @Test func statesCloseThemselves() throws {
    let census = Census()
    do {
      let state = try LuaState()
      try exercise(state, census)
      // a Swift closure that holds references into its own state keeps nothing alive
      let table = try state.makeTable()
      try state.register("holder") { call in try call.push(table) }
    }
    #expect(census.alive == 0)
  }

  @Test func borrowedBoxesDieOnce() throws {
    let census = Census()
    let L = try #require(luaL_newstate())
    luaL_openlibs(L)
    weak var weakState: LuaState?
    do {
      let state = try LuaState(borrowing: L)
      weakState = state
      try exercise(state, census)
      state.collect()
      state.collect()
      let alive = try state.run(
        "local n = 0 for _, v in ipairs(kept) do n = n + 1 end return n .. tostring(alive(kept[1])) .. tostring(alive(closed))",
        as: String.self)
      #expect(alive == "3truefalse")
      state.close()  // not ours to close
      #expect(try state.run("return 1", as: Int.self) == 1)
    }
    #expect(weakState != nil)
    #expect(census.alive == 5)
    lua_close(L)
    #expect(weakState == nil)
    #expect(census.alive == 0)
  }

  @Test func functionsOfAClosedBorrowedStateRefuse() throws {
    let L = try #require(luaL_newstate())
    luaL_openlibs(L)
    let census = Census()
    // This finalizer is older than everything of ours, so it runs last.
    let first = try LuaState(borrowing: L)
    let answers = try first.makeTable()
    _ = answers
    luaL_loadstring(
      L, "older = setmetatable({}, {__gc = function() verdict(pcall(small), pcall(function() return kept + 1 end)) end})")
    #expect(lua_pcallk(L, 0, 0, 0, 0, nil) == LUA_OK)
    var heard: [String] = []
    try withExtendedLifetime(first) {
      let small = try first.registerBox("Small", of: Counted.self)
      small.setTiny(context: nil) { _, _, _, _, _, _, _, _ in Int32(LH_TINY_FAILED) }
      try small.tinyMetamethod(.add, label: "add", operation: 0)
      try first.register("small") { call in try call.push(Counted(census), as: small) }
      try first.register("verdict") { call in
        heard.append("\(call.count)")
        return 0
      }
      try first.run("kept = small()")
    }
    lua_close(L)
    #expect(census.alive == 0)
    // `verdict` itself was gone by then: no Swift ran, nothing crashed.
    #expect(heard.isEmpty)
  }

  // MARK: Tiny operations

  func makeTiny(_ state: LuaState, general: LuaFunction? = nil) throws -> LuaBoxType<Double> {
    let type = try state.registerBox("Tiny", of: Double.self)
    let context = Unmanaged.passUnretained(state).toOpaque()
    type.setTiny(context: context) { context, operation, a, x, b, y, result, flags in
      let p = a?.load(as: Double.self) ?? x
      let q = b?.load(as: Double.self) ?? y
      let state = Unmanaged<LuaState>.fromOpaque(context!).takeUnretainedValue()
      switch operation {
      case 0: result.initializeMemory(as: Double.self, to: p + q)
      case 1: result.initializeMemory(as: Double.self, to: p - q)
      case 2: result.initializeMemory(as: Double.self, to: -p)
      case 3: result.initializeMemory(as: Double.self, to: Double(flags))
      case 4: return Int32(LH_TINY_GENERAL)
      default:
        state.fail(TestFailure(description: "tiny: no operation \(operation)"))
        return Int32(LH_TINY_FAILED)
      }
      return Int32(LH_TINY_DONE)
    }
    try type.tinyMetamethod(.add, label: "add", operation: 0, general: general)
    try type.tinyMetamethod(.subtract, label: "sub", operation: 1)
    try type.tinyMetamethod(.negate, label: "neg", operation: 2)
    try type.tinyMetamethod(.multiply, label: "mul", operation: 3)
    try type.tinyMetamethod(.divide, label: "div", operation: 4, general: general)
    try type.tinyMetamethod(.power, label: "pow", operation: 5)
    try state.setGlobal("neg", to: try type.tinyFunction("neg", operation: 2, arity: 1, general: general))
    try state.setGlobal("sub", to: try type.tinyFunction("sub", operation: 1, arity: 2))
    try type.metamethod(.call) { call in try call.push(try call.box(1, of: type)) }
    try state.register("tiny") { call in try call.push(try call.number(1), as: type) }
    return type
  }

  @Test func tinyOperations() throws {
    let state = try LuaState()
    let general = try state.makeFunction("general") { call in try call.push("general \(call.count)") }
    _ = try makeTiny(state, general: general)
    let cases: [(String, Double)] = [
      ("(tiny(1) + tiny(2))()", 3), ("(tiny(1) + 2)()", 3), ("(1 - tiny(2.5))()", -1.5), ("(-tiny(4))()", -4),
      ("neg(tiny(4))()", -4), ("sub(tiny(1), 5)()", -4), ("(tiny(1) * 2)()", 2), ("(2 * tiny(1))()", 1), ("(tiny(1) * 2.0)()", 0),
    ]
    for (script, value) in cases { #expect(try state.run("return " + script, as: Double.self) == value, "\(script)") }
    #expect(try state.run("return tiny(1) + 'x'", as: String.self) == "general 2")
    #expect(try state.run("return {} + tiny(1)", as: String.self) == "general 2")
    #expect(try state.run("return tiny(1) / 2", as: String.self) == "general 2")
    #expect(try state.run("return neg(tiny(1), 2)", as: String.self) == "general 2")
    #expect(try state.run("return neg(5)", as: String.self) == "general 1")
  }

  @Test(arguments: [
    ("tiny(1) - {}", "sub: argument 2: expected Tiny or number, got table"),
    ("nil - tiny(1)", "sub: argument 1: expected Tiny or number, got nil"),
    ("sub(1, 2)", "sub: argument 2: expected Tiny or number, got number"),
    ("sub(tiny(1))", "sub: expected 2 arguments, got 1"),
    ("tiny(1) ^ 2", "tiny: no operation 5"),
    ("neg()", "neg: expected 1 argument, got 0"),
    ("neg({})", "neg: argument 1: expected Tiny, got table"),
  ])
  func tinyErrors(script: String, message: String) throws {
    let state = try LuaState()
    _ = try makeTiny(state)
    let error = failure { try state.run("\nreturn " + script, name: "@u.lua") }
    #expect(error?.message == "u.lua:2: " + message)
    if message.hasPrefix("tiny:") { #expect(error?.cause is TestFailure) }
  }
}
