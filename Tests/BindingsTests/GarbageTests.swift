import Ebbtide
import Testing

/// The collector hears of tensor bytes: loops that make tensors by the gigabyte hold a few megabytes.
@Suite struct GarbageTests {
  // Without optimization filling memory takes most of the time, so less is made.
  #if DEBUG
    static let scale = 20
  #else
    static let scale = 1
  #endif

  /// 100 GB in tensors of 10 MB, 20 GB in tensors of 1 MB, and many small ones.
  @Test(arguments: [(count: 10 << 18, rounds: 10_000), (count: 1 << 18, rounds: 20_000), (count: 16, rounds: 400_000)])
  func garbageStaysBounded(count: Int, rounds: Int) throws {
    let session = try Session()
    try session.exposeGlobal()
    let rounds = rounds / Self.scale
    let source = "for i = 1, \(rounds) do local x = eb.zeros{\(count)} end"
    session.engine.pool.resetPeak()
    let before = session.engine.pool.statistics.allocatedBytes
    try session.run(source)
    let statistics = session.engine.pool.statistics
    let made = statistics.allocatedBytes - before
    #expect(made >= 4 * count * rounds)
    #expect(statistics.peak < 64 << 20, "\(statistics.peak) bytes at the peak after \(made)")
  }

  @Test func aTrainingLoopStaysBounded() throws {
    let session = try Session()
    try session.exposeGlobal()
    try session.run(
      """
      local X, w = eb.randn{512, 64}, eb.zeros{64}
      local y = X:mm(eb.ones{64})
      local loss = eb.value_and_grad(function(w) return ((X:mm(w) - y) ^ 2):mean() end)
      for i = 1, 2000 do
        local value, g = loss(w)
        w = w - 0.01 * g
      end
      last = (w - 1):norm():item()
      """)
    #expect(session.engine.pool.statistics.peak < 16 << 20)
    #expect(try session.run("return last < 1e-3", as: Bool.self))
  }
}
