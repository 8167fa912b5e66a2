// Interrupts: every kind of loop ends, closers run, and the state works again afterwards. Each test ends only if the
// interrupt arrives, so the limit of time is what fails.

import Glibc
import Testing

@testable import LuaHost

@Suite(.timeLimit(.minutes(1))) struct InterruptTests {
  static let loops = [
    "while true do end",
    "for i = 1, math.huge do end",
    "while true do pcall(error) end",
    "while true do pcall(function() while true do end end) end",
    "while true do xpcall(function() while true do end end, function() while true do end end) end",
    "repeat local ok = pcall(pcall, pcall, function() for i = 1, 1e9 do end end) until false",
    "local co = coroutine.create(function() while true do end end) coroutine.resume(co)",
    "while true do coroutine.wrap(function() while true do end end)() end",
    "while true do pcall(coroutine.wrap(function() while true do end end)) end",
    "while true do coroutine.resume(coroutine.create(function() pcall(coroutine.wrap(function() while true do end end)) end)) end",
    "local co = coroutine.wrap(function() while true do coroutine.yield() end end) while true do co() end",
    "table.sort({1, 2, 3, 4, 5, 6}, function(a, b) while true do end end)",
    "string.gsub('xxx', 'x', function() while true do end end)",
    "while true do ('x'):rep(100):gsub('x', 'y') end",
    "local t = setmetatable({}, {__index = function(t, k) return t[k + 1] end}) while true do pcall(function() return t[1] end) end",
    "while true do apply(function() while true do end end) end",
    "while true do pcall(apply, apply, function() while true do end end) end",
    "while true do apply(coroutine.wrap(function() while true do end end)) end",
    "poll()",
    "while true do pcall(poll) end",
    "while true do local c <close> = setmetatable({}, {__close = function() while true do end end}) error('x') end",
    "while true do pcall(function() local c <close> = setmetatable({}, {__close = function() while true do end end}) end) end",
    "while true do load('local x = 1')() end",
    "while true do setmetatable({}, {__gc = function() end}) end",
  ]

  func makeState() throws -> LuaState {
    let state = try LuaState()
    try state.register("apply") { call in
      try call.state.call(try call.function(1), try call.values(from: 2))
      return 0
    }
    try state.register("poll") { call in
      while true { try call.state.checkInterrupt() }
    }
    return state
  }

  @Test(arguments: loops) func loopsEnd(script: String) throws {
    let state = try makeState()
    let interrupter = state.interrupter
    let delayed = Delayed(milliseconds: 20) { interrupter.interrupt() }
    let error = failure { try state.run(script) }
    #expect(error?.kind == .interrupted, "\(error?.message ?? "no error")")
    #expect(error?.message.contains("interrupted") == true || script.contains("__close"))
    #expect(state.isInterrupted)
    delayed.join()
    // sticky until cleared
    #expect(failure { try state.run("local x = 1 for i = 1, 10 do x = x + 1 end") }?.kind == .interrupted)
    state.clearInterrupt()
    #expect(try state.run("local n = 0 for i = 1, 1000 do n = n + 1 end return n", as: Int.self) == 1000)
    #expect(try state.run("return coroutine.wrap(function() return 1 end)()", as: Int.self) == 1)
    #expect(try state.run("return debug.gethook() == nil", as: Bool.self))
    #expect(state.stack.top == 0)
  }

  @Test func hooksLeftOnCoroutinesGoAway() throws {
    let state = try makeState()
    try state.run(
      """
      co = coroutine.wrap(function() while true do
        coroutine.yield(pcall(function() while not stop do n = (n or 0) + 1 end end))
      end end)
      """)
    let interrupter = state.interrupter
    let delayed = Delayed(milliseconds: 20) { interrupter.interrupt() }
    #expect(failure { try state.run("co()") }?.kind == .interrupted)
    delayed.join()
    state.clearInterrupt()
    // The interrupt was raised again outside the inner pcall, so the coroutine is dead; a fresh one has no hook.
    #expect(failure { try state.run("co()") }?.message.contains("dead") == true)
    #expect(try state.run("return coroutine.wrap(function() return debug.gethook() == nil end)()", as: Bool.self))
  }

  @Test(arguments: [
    "local c <close> = closer() while true do end",
    "pcall(function() local c <close> = closer() while true do end end)",
    "pcall(function() local c <close> = closer() pcall(function() while true do end end) end)",
    "coroutine.wrap(function() local c <close> = closer() while true do end end)()",
    "pcall(pcall, function() local c <close> = closer() apply(function() while true do end end) end)",
    "apply(function() local c <close> = closer() while true do end end)",
    "local c <close> = closer() table.sort({3, 2, 1}, function() while true do end end)",
    "xpcall(function() local c <close> = closer() while true do end end, print)",
  ])
  func closersRun(script: String) throws {
    let state = try makeState()
    try state.run(
      """
      function closer()
        return setmetatable({}, {__close = function()
          local n = 0
          for i = 1, 1000 do n = n + i end
          pcall(function() n = n + 1 end)
          closed = n
        end})
      end
      """)
    let interrupter = state.interrupter
    let delayed = Delayed(milliseconds: 20) { interrupter.interrupt() }
    #expect(failure { try state.run(script) }?.kind == .interrupted)
    delayed.join()
    state.clearInterrupt()
    #expect(try state.global("closed") == .integer(500501))
  }

  @Test func signalsArrive() throws {
    let state = try makeState()
    state.takeSignal(SIGUSR1)
    defer { LuaState.leaveSignal(SIGUSR1) }
    try state.register("signal") { _ in
      // The threads of the tests block signals: another one of the process takes it.
      kill(getpid(), SIGUSR1)
      return 0
    }
    let error = failure { try state.run("signal() while true do end", name: "@u") }
    #expect(error?.kind == .interrupted)
    #expect(error?.message == "u:1: interrupted")
    state.clearInterrupt()
    #expect(try state.run("return 1", as: Int.self) == 1)
  }

  @Test func limitsOfTime() throws {
    let state = try makeState()
    let error = failure {
      try state.withTimeLimit(seconds: 0.02) { () throws(LuaError) in
        _ = try state.run("while true do pcall(error) end", name: "@u")
      }
    }
    #expect(error?.kind == .timeLimit)
    #expect(error?.message == "u:1: time limit reached")
    #expect(!state.isInterrupted)
    for _ in 0..<100 {
      try state.withTimeLimit(seconds: 100) { () throws(LuaError) in _ = try state.run("return 1") }
    }
    #expect(try state.run("return 1", as: Int.self) == 1)
    let nested = failure {
      try state.withTimeLimit(seconds: 0.02) { () throws(LuaError) in
        try state.withTimeLimit(seconds: 100) { () throws(LuaError) in _ = try state.run("while true do end") }
      }
    }
    #expect(nested?.kind == .timeLimit)
    // the watchdog goes with the state
    state.close()
  }

  @Test func flagForKernels() throws {
    let state = try makeState()
    let flag = state.interruptFlag
    #expect(flag.pointee == 0)
    state.interrupt()
    #expect(flag.pointee != 0)
    #expect(failure { try state.checkInterrupt() }?.kind == .interrupted)
    state.clearInterrupt()
    #expect(flag.pointee == 0)
  }

  @Test func interruptersOutliveTheirState() throws {
    let interrupter: LuaInterrupter
    do {
      let state = try makeState()
      interrupter = state.interrupter
    }
    interrupter.interrupt()
    #expect(interrupter.isRaised)
  }

  @Test func manyInterruptsFromAnotherThread() throws {
    let state = try makeState()
    let interrupter = state.interrupter
    // Deep recursion and garbage keep call frames coming and going while the other thread looks at them.
    let script = """
      local function deep(n) if n > 0 then return 1 + deep(n - 1) end return 0 end
      while true do
        deep(150)
        coroutine.wrap(function() deep(20) end)()
        collectgarbage('step')
      end
      """
    let chunk = try state.load(script, name: "=deep")
    for round in 0..<200 {
      let delayed = Delayed(milliseconds: UInt32(round % 3)) { interrupter.interrupt() }
      #expect(failure { try chunk.call() }?.kind == .interrupted)
      delayed.join()
      state.clearInterrupt()
    }
  }

  @Test func statesInThreadsAreIndependent() async throws {
    let sums = try await withThrowingTaskGroup(of: Int.self) { group in
      for k in 1...4 {
        group.addTask {
          let state = try LuaState()
          let census = Census()
          let box = try state.registerBox("Counted", of: Counted.self)
          try state.register("make") { call in try call.push(Counted(census, id: k), as: box) }
          try box.property("id") { call in try call.push(call.box(1, of: box).id) }
          let sum = try state.run("local n = 0 for i = 1, 20000 do n = n + make().id end return n", as: Int.self)
          state.close()
          #expect(census.alive == 0)
          return sum
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(sums.sorted() == [20000, 40000, 60000, 80000])
  }
}
