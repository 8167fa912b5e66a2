// Memory: allocation failures at every point, limits, and the collector's pace for bytes outside Lua.

import Testing

@testable import LuaHost

@Suite struct MemoryTests {
  static let script = """
    local list = {}
    for i = 1, 4 do list[i] = make(i) end
    local text = concat("a", "b") .. tostring(list[1])
    local sum = list[1] + list[2]
    local f = adder(list[3])
    local ok, e = pcall(f, "wrong")
    local co = coroutine.wrap(function() local c <close> = make(9) coroutine.yield(f(1)) end)
    co()
    local t = nested()
    local tiny = tiny(1) + 2
    return #text + t.inner[2] + apply(function(x) return x + 1 end, 4)
    """

  func makeState(_ census: Census) throws -> LuaState {
    let state = try LuaState()
    let box = try state.registerBox("Counted", of: Counted.self)
    try state.register("make") { call in try call.push(Counted(census, id: try call.integer(1)), as: box) }
    try box.metamethod(.add) { call in
      try call.push(Counted(census, id: call.box(1, of: box).id + call.box(2, of: box).id), as: box)
    }
    try box.metamethod(.toString) { call in try call.push("box \(try call.box(1, of: box).id)") }
    try box.metamethod(.close) { call in
      box.release(on: call.stack, at: 1)
      return 0
    }
    let tiny = try state.registerBox("Tiny", of: Double.self)
    tiny.setTiny(context: nil) { _, _, a, x, b, y, result, _ in
      result.initializeMemory(as: Double.self, to: (a?.load(as: Double.self) ?? x) + (b?.load(as: Double.self) ?? y))
      return 0
    }
    try tiny.tinyMetamethod(.add, label: "add", operation: 0)
    try state.register("tiny") { call in try call.push(try call.number(1), as: tiny) }
    try state.register("concat") { call in try call.push(call.string(1) + call.string(2)) }
    try state.register("adder") { call in
      let captured = try call.value(1)
      let counted = Counted(census)
      let f = try call.state.makeFunction("added", captures: [captured]) { call in
        _ = counted
        return try call.push(call.integer(1) + 1)
      }
      return try call.push(f)
    }
    try state.register("nested") { call in
      let inner = try call.state.makeTable()
      try inner.set(2, to: .integer(5))
      return try call.push(["inner": LuaValue.table(inner), "text": .string("some text that is long enough not to be interned")])
    }
    try state.register("apply") { call in
      let values = try call.state.call(try call.function(1), [try call.value(2)])
      for value in values { try call.push(value) }
      return values.count
    }
    return state
  }

  // Two failures in a row: Lua collects and asks again after the first.
  @Test(arguments: [2, 1_000_000]) func everyAllocationMayFail(count: Int) throws {
    var n = 1
    var failures = 0
    while true {
      let census = Census()
      let state = try makeState(census)
      state.failAllocations(from: n, count: count)
      let error = failure { try #require(try state.run(Self.script, as: Int.self) == 17) }
      let reached = !state.isFailurePending || count > 2
      state.failAllocations(from: 0, count: 0)
      if let error {
        failures += 1
        #expect(error.kind == .memory, "\(n): \(error.message)")
      }
      #expect(state.stack.top == 0)
      #expect(try state.run(Self.script, as: Int.self) == 17, "\(n)")
      state.collect()
      state.collect()
      #expect(census.alive == 0, "\(n)")
      state.close()
      #expect(state.heapBytes == 0, "\(n)")
      #expect(census.alive == 0, "\(n)")
      if error == nil && !reached || error == nil && count > 2 { break }
      n += 1
    }
    #expect(failures > 60)
  }

  @Test func limitOfTheHeap() throws {
    let state = try LuaState()
    state.setHeapLimit(1 << 20)
    let error = failure { try state.run("local t = {} for i = 1, 1e7 do t[i] = {} end") }
    #expect(error?.kind == .memory)
    #expect(failure { try state.run("return ('x'):rep(1e9)") }?.kind == .memory)
    // garbage does not count
    #expect(try state.run("for i = 1, 1e5 do local t = {1, 2, 3} end return 1", as: Int.self) == 1)
    #expect(state.heapBytes < 1 << 20)
    state.setHeapLimit(nil)
    #expect(try state.run("return #('x'):rep(1e7)", as: Int.self) == 10_000_000)
  }

  final class Bytes {
    let census: Census
    let count: Int

    init(_ census: Census, _ count: Int) {
      self.census = census
      self.count = count
      census.alive += count
      census.deaths = max(census.deaths, census.alive)  // here: the peak
    }

    deinit { census.alive -= count }
  }

  @Test(arguments: [400, 100_000, 3_000_000]) func theCollectorHearsOfBytesOutside(size: Int) throws {
    let census = Census()
    let state = try LuaState()
    let box = try state.registerBox("Bytes", of: Bytes.self)
    try state.register("new") { call in
      call.state.noteExternalBytes(size)
      return try call.push(Bytes(census, size), as: box)
    }
    try state.run("for i = 1, \(size > 100_000 ? 500 : 20000) do local x = new() end")
    #expect(census.deaths < max(8 << 20, 10 * size))
    // the script's own wish counts
    census.deaths = 0
    try state.run("collectgarbage('stop') for i = 1, 200 do local x = new() end collectgarbage('restart')")
    #expect(census.deaths >= 200 * size)
  }

  @Test func tinyOperationsRelieveTheCollector() throws {
    let census = Census()
    let state = try LuaState()
    let box = try state.registerBox("Bytes", of: Bytes.self)
    box.setTiny(context: Unmanaged.passUnretained(state).toOpaque()) { context, _, a, _, _, _, result, _ in
      let operand = a!.load(as: Bytes.self)
      Unmanaged<LuaState>.fromOpaque(context!).takeUnretainedValue().noteExternalBytes(operand.count)
      result.initializeMemory(as: Bytes.self, to: Bytes(operand.census, operand.count))
      return 0
    }
    try box.tinyMetamethod(.add, label: "add", operation: 0)
    try state.register("new") { call in try call.push(Bytes(census, 10_000), as: box) }
    try state.run("local a = new() for i = 1, 20000 do local b = a + 1 end")
    #expect(census.deaths < 8 << 20)
  }

  @Test func collectAndRetry() throws {
    let census = Census()
    let state = try LuaState()
    let box = try state.registerBox("Bytes", of: Bytes.self)
    let limit = 1_000_000
    try state.register("new") { call in
      let bytes = call.state.retryingAfterCollection { census.alive + 100_000 > limit ? nil : Bytes(census, 100_000) }
      guard let bytes else { throw LuaError(.memory, "new: more than the limit of \(limit) bytes") }
      return try call.push(bytes, as: box)
    }
    #expect(try state.run("for i = 1, 1000 do local x = new() end return 1", as: Int.self) == 1)
    let error = failure { try state.run("local t = {} for i = 1, 1000 do t[i] = new() end", name: "@u") }
    #expect(error?.message == "u:1: new: more than the limit of 1000000 bytes")
    #expect(error?.kind == .memory)
  }

  @Test func referencesAreGivenBack() throws {
    let state = try LuaState()
    let before = try state.run("collectgarbage() return collectgarbage('count')", as: Double.self)
    for _ in 0..<20000 { _ = try state.makeTable() }
    let after = try state.run("collectgarbage() return collectgarbage('count')", as: Double.self)
    #expect(after < before + 300)
  }
}
