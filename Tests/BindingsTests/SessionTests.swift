import Ebbtide
import Foundation
import Testing

/// A Swift program that embeds sessions: functions of its own, typed results, limits, interrupts, isolation.
@Suite struct SessionTests {
  private func session(_ limits: Session.Limits = .init()) throws -> Session {
    let session = try Session(limits: limits, libraries: .safe)
    try session.exposeGlobal()
    return session
  }

  @Test func aSwiftFunctionTakesAndGivesTensors() throws {
    let session = try session()
    try session.register("energy", documentation: "Half the squared norm.") { (x: Tensor) throws -> Tensor in
      try 0.5 * (x * x).sum()
    }
    try session.register("shifted") { (x: Tensor, by: Double) throws -> Tensor in
      try x + Tensor.number(by, meeting: x, in: "shifted")
    }
    #expect(try session.run("return energy(eb.tensor{3, 4}):item()", as: Double.self) == 12.5)
    #expect(try session.run("return shifted(eb.tensor{1}, 2):item()", as: Double.self) == 3)
    // What Swift computes with tensors is differentiated like anything else.
    #expect(try session.run("return eb.grad(energy)(eb.tensor{3, 4}):totable()", as: [Double].self) == [3, 4])
    let error = #expect(throws: LuaError.self) { try session.run("energy('x')", name: "@script.lua") }
    #expect(error?.message.contains("script.lua:1: energy: argument 1: expected tensor, got string") == true)
  }

  @Test func resultsAreReadByType() throws {
    let session = try session()
    #expect(try session.run("return {1, 2.5}", as: [Double].self) == [1, 2.5])
    let tensor = try session.run("return eb.ones{2, 3}", as: Tensor.self)
    #expect(tensor.shape == [2, 3])
    #expect(throws: LuaError.self) { try session.run("return 1", as: Tensor.self) }
  }

  @Test(arguments: [
    "eb.io.load('a.ebt')", "eb.io.save('a.ebt', 1)", "eb.io.tensorboard('a')", "eb.data.idx('a')", "eb.data.csv('a')",
    "eb.data.mnist()", "eb.data.fashion_mnist{download = true}", "eb.data.cifar10()",
  ])
  func aSafeSessionHasNoFiles(call: String) throws {
    let session = try session()
    let error = #expect(throws: LuaError.self) { try session.run(call, name: "@script.lua") }
    let name = String(call.prefix { $0 != "(" && $0 != "{" }.dropFirst(3))
    #expect(
      error?.message
        == "script.lua:1: \(name): this session has no access to files: the program that made it chose the safe libraries")
    #expect(try session.run("return #eb.data.mnist_sample()", as: Int.self) == 2000)
  }

  @Test func errorsCarryMessageTracebackAndCause() throws {
    let session = try session()
    let source = "local function f()\n  return eb.ones{2} + eb.ones{3}\nend\nf()"
    let error = #expect(throws: LuaError.self) { try session.run(source, name: "@script.lua") }
    #expect(
      error?.message
        == "script.lua:2: add: shapes [2] and [3] do not broadcast (sizes are aligned at the end and must be equal or 1)")
    #expect(error?.traceback.contains("script.lua:4") == true)
  }

  @Test(arguments: [
    "while true do end", "while true do local x = eb.ones{100} + 1 end",
    "pcall(function() while true do end end) while true do end",
    "eb.grad(function(x) while true do x = x * 1 end end)(eb.ones{2}:sum())",
    "eb.vmap(eb.grad(eb.checkpoint(function(x) while true do x = x:sin() end end)))(eb.ones{2, 2})",
    """
    local f = eb.custom{forward = function(x) return x end, vjp = function(ct) while true do ct = ct * 1 end end}
    eb.hvp(function(x) return f(x):sum() end)(eb.ones{2}, eb.ones{2})
    """,
    // No Lua runs any more: the walk back itself must stop.
    """
    local f = eb.checkpoint(function(x) for i = 1, 3000 do x = x * 1 end return x end)
    local _, pull = eb.vjp(function(x) for i = 1, 30 do x = f(x) end return x end, eb.ones{1000})
    while true do pull(eb.ones{1000}) end
    """,
    "eb.loop(2e9, function(x) return x * 1 end, eb.ones{2})",
    "eb.vmap(function(x) return eb.scan(function(x) return eb.loop(1e9, function(y) return y:sin() end, x) end, x, 1e6) end)(eb.ones{2})",
    // One call of seconds: the kernel itself must stop, or it would return a product instead of an error.
    "local x = eb.ones{8000, 8000} return x:mm(x)",
  ])
  func anInterruptFromAnotherThreadStops(source: String) throws {
    let session = try session()
    let handle = SendableSession(session: session)
    let thread = Thread {
      Thread.sleep(forTimeInterval: 0.05)
      handle.session.interrupt()
    }
    thread.start()
    let error = #expect(throws: LuaError.self) { try session.run(source) }
    #expect(error?.kind == .interrupted)
    session.state.clearInterrupt()
    #expect(try session.run("return eb.ones{2}:sum():item()", as: Double.self) == 2)
    // No transform counts as running: tensors can be written, and transforms work.
    #expect(
      try session.run(
        "local x = eb.ones{2} x[1] = 4 return eb.grad(function(x) return (x * x):sum() end)(x):totable()", as: [Double].self)
        == [8, 2])
  }

  @Test func theTimeLimitStops() throws {
    let session = try session(.init(seconds: 0.05))
    let error = #expect(throws: LuaError.self) { try session.run("while true do local x = eb.zeros{1000}:exp() end") }
    #expect(error?.kind == .timeLimit)
    #expect(try session.run("return 1", as: Int.self) == 1)
  }

  @Test func beyondTheTensorLimitIsAnErrorThatStatesIt() throws {
    let session = try session(.init(tensorBytes: 32 << 20))
    let error = #expect(throws: LuaError.self) { try session.run("kept = {} for i = 1, 100 do kept[i] = eb.ones{1024, 1024} end") }
    #expect(
      error?.message.contains("out of memory") == true && error?.message.contains("limit 32 MB") == true, "\(error?.message ?? "")")
    // What was allocated before still lives; letting go of it makes room again.
    #expect(try session.run("local n = #kept kept = nil return n", as: Int.self) >= 5)
    #expect(try session.run("return eb.ones{4, 1024, 1024}:sum():item()", as: Double.self) == 4 * 1024 * 1024)
    let caught = try session.run("local ok, e = pcall(eb.ones, {1 << 20, 1 << 20}) return e", as: String.self)
    #expect(caught.contains("limit 32 MB"))
  }

  @Test func sessionsAreIsolated() throws {
    let (a, b) = (try session(), try session())
    try a.run("x = eb.ones{2}; eb.default_dtype('float64'); eb.seed(5)")
    try b.run("eb.seed(5)")
    #expect(try b.run("return x == nil", as: Bool.self))
    #expect(try b.run("return eb.zeros{1}.dtype", as: String.self) == "float32")
    #expect(try a.run("return eb.zeros{1}.dtype", as: String.self) == "float64")
    let draw = "return eb.randn({3}, {dtype = 'float64'}):totable()"
    #expect(try a.run(draw, as: [Double].self) == b.run(draw, as: [Double].self))
  }

  @Test func manySessionsInManyThreads() async throws {
    let sums = try await withThrowingTaskGroup(of: Double.self) { group in
      for seed in 1...4 {
        group.addTask {
          let session = try Session()
          try session.exposeGlobal()
          let source = "eb.seed(\(seed)) local s = 0 for i = 1, 200 do s = s + eb.randn{64}:square():sum():item() end return s"
          return try session.run(source, as: Double.self)
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(Set(sums).count == 4)
  }
}

/// Only `interrupt`, which may be called from any thread, is used through it.
private struct SendableSession: @unchecked Sendable {
  let session: Session
}
