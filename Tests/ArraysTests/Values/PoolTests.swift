import Testing

@testable import Arrays

@Suite struct PoolTests {
  @Test func sizeClassesAreTightAndOrdered() {
    var last = SizeClass(1)
    #expect(last.index == 0 && last.bytes == 64)
    let requests = Array(1...70_000) + (17...50).flatMap { exponent in (-2...2).map { (1 << exponent) + $0 } }
    for request in requests {
      let found = SizeClass(request)
      #expect(found.bytes >= request && found.bytes % 64 == 0)
      #expect(found.bytes <= max(request + 63, request + request / 4 + 1), "\(request) in \(found.bytes)")
      // Taking back a block of this size must find the same free list.
      #expect(SizeClass(found.bytes).index == found.index, "\(request) in \(found.bytes)")
      #expect(found.index == last.index ? found.bytes == last.bytes : found.index > last.index && found.bytes > last.bytes)
      #expect(found.index < SizeClass.count)
      last = found
    }
    #expect(SizeClass(SizeClass.largest).index < SizeClass.count)
  }

  @Test func bytesAreCounted() throws {
    let engine = Engine(pool: Pool())
    try engine.run { () throws(TensorError) in
      var a: NDArray? = try .full([100], 0, .float32)
      let b = try NDArray.full([1000], 0, .float64)
      #expect(engine.pool.statistics.live == 448 + 8192)
      #expect(a?.storageBytes == 448)
      let view = b.permuted([0])
      #expect(view.storageIdentity == b.storageIdentity)
      #expect(engine.pool.statistics.allocations == 2)
      a = nil
      let after = engine.pool.statistics
      #expect(after.live == 8192)
      #expect(after.peak == 448 + 8192)
      #expect(after.cached == 448)
      #expect(after.allocatedBytes == 448 + 8192)
      engine.pool.resetPeak()
      #expect(engine.pool.statistics.peak == 8192)
      engine.pool.trim()
      #expect(engine.pool.statistics.cached == 0)
    }
    #expect(engine.pool.statistics.live == 0)
  }

  @Test(arguments: [1, 64, 1000, 5000, 3 << 20]) func freedBlocksAreUsedAgain(bytes: Int) throws {
    let pool = Pool()
    let (first, size) = try #require(pool.take(bytes))
    #expect(Int(bitPattern: first) % 64 == 0)
    let (second, _) = try #require(pool.take(bytes))
    pool.give(first, bytes: size)
    pool.give(second, bytes: size)
    #expect(pool.statistics.cached == 2 * size)
    #expect(pool.take(bytes)?.0 == second)
    #expect(pool.take(bytes)?.0 == first)
    #expect(pool.statistics.cached == 0)
    #expect(pool.take(bytes)?.0 != first)
  }

  @Test func theLimitRefusesAndSaysSo() throws {
    let engine = Engine(pool: Pool(limit: 10_000))
    engine.run {
      let kept = try? NDArray.full([1000], 0, .float64)
      #expect(kept != nil)
      let error = #expect(throws: TensorError.self) { try NDArray.full([1000], 0, .float64) }
      #expect(error?.message == "out of memory: a tensor of 7.8 KB does not fit beside 8 KB in use (limit 9.8 KB)")
      #expect(engine.pool.statistics.live == 8192)
    }
  }

  @Test func relievingOnceMayHelp() throws {
    let engine = Engine(pool: Pool(limit: 10_000))
    try engine.run { () throws(TensorError) in
      var kept: NDArray? = try .full([1000], 0, .float64)
      var calls = 0
      engine.relieve = {
        calls += 1
        kept = nil
      }
      let second = try NDArray.full([1000], 1, .float64)
      #expect(calls == 1 && kept == nil)
      #expect(try second.doubles() == [Double](repeating: 1, count: 1000))
      engine.relieve = nil
    }
  }

  @Test func onlyTheRunningEngineIsCurrent() {
    let outer = Engine()
    let inner = Engine()
    outer.run {
      #expect(Engine.current === outer)
      inner.run { #expect(Engine.current === inner) }
      #expect(throws: TensorError.self) { try inner.run { () throws(TensorError) in throw .interrupted } }
      #expect(Engine.current === outer)
    }
    #expect(Engine.current === Engine.shared)
  }
}
