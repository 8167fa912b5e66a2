import Testing

@testable import Autodiff

/// Recomputed functions store their operands alone and change no bit; rules of the user take the derivative's place and are checked.
@Suite struct CallTests {
  // MARK: Checkpoint

  private let layers: @Sendable (Int) -> TensorFunction = { count in
    { (x) throws(TensorError) in
      var h = x[0]
      for _ in 0..<count { h = try tanh(matrixProduct(h, x[1])) }
      return [h, x[1]]
    }
  }

  private func chain(_ segments: Int, _ segment: @escaping TensorFunction) -> TensorFunction {
    { (x) throws(TensorError) in
      var h = x
      for _ in 0..<segments { h = try segment(h) }
      return [try h[0].sum()]
    }
  }

  private func operands(_ n: Int) throws -> [Tensor] {
    var generator = Generator(seed: 4)
    return [Tensor(try generator.normal([n, n], .float64)), try 0.3 * Tensor(generator.normal([n, n], .float64))]
  }

  @Test func gradientsKeepTheirBits() throws {
    let x = try operands(6)
    let plain = chain(5, layers(4))
    let segment = layers(4)
    let recomputed = chain(5) { (x) throws(TensorError) in try checkpoint(segment, x) }
    #expect(try identical(plain(x), recomputed(x)))
    #expect(try identical(gradient(plain, at: x), gradient(recomputed, at: x)))
    let lanes = try x.map { try stack([$0, 2 * $0, -$0], axis: 0) }
    func all(_ f: @escaping TensorFunction) throws -> [Tensor] {
      try vmap({ (x) throws(TensorError) in try gradient(f, at: x) }, lanes, axes: [0, 0])
    }
    #expect(try identical(all(plain), all(recomputed)))
    func shared(_ f: @escaping TensorFunction) throws -> [Tensor] {
      try gradient(
        { (w) throws(TensorError) in
          [try vmap({ (h) throws(TensorError) in try f([h[0], w[0]]) }, [lanes[0]], axes: [0])[0].sum()]
        }, at: [x[1]])
    }
    #expect(try identical(shared(plain), shared(recomputed)))
  }

  /// Peaks of the pool over a chain of 14² layers: O(n) stored, O(√n) in 14 segments, also for a derivative of the gradient.
  @Test func memoryFallsToTheRoot() throws {
    func peak(_ length: Int, _ isRecomputed: Bool, second: Bool) throws -> Int {
      let engine = Engine()
      try engine.run {
        let x = try operands(32)
        let segment = layers(length)
        let f = chain(length) { (x) throws(TensorError) in isRecomputed ? try checkpoint(segment, x) : try segment(x) }
        engine.pool.resetPeak()
        _ =
          try second
          ? gradient({ (x) throws(TensorError) in [try gradient(f, at: x)[1].sum()] }, at: x) : gradient(f, at: x)
      }
      return engine.pool.statistics.peak
    }
    for second in [false, true] {
      let (stored, little) = (try peak(14, false, second: second), try peak(14, true, second: second))
      #expect(little * 4 < stored, "\(little) of \(stored), second order: \(second)")
      let more = try peak(28, true, second: second)
      #expect(Double(more) < 2.4 * Double(little), "four times the layers take \(more), not \(little), second order: \(second)")
    }
  }

  /// The function runs once, however many derivatives are taken: what runs again is the recording.
  @Test func theFunctionIsCalledOnce() throws {
    var calls = 0
    let f: TensorFunction = { (x) throws(TensorError) in
      try checkpoint(
        { (x) throws(TensorError) in
          calls += 1
          return [try (sin(x[0]) * x[0]).sum()]
        }, x)
    }
    let x = try Tensor([1, 2])
    _ = try gradient(f, at: [x])
    #expect(calls == 1)
    _ = try hessianProduct(f, at: [x], [x])
    #expect(calls == 2)
    _ = try jacobian({ (x) throws(TensorError) in try gradient(f, at: [x])[0] }, at: x)
    #expect(calls == 3)
    // Numbers that no transform watches are computed as they are.
    let specs = try f([x]).map(\.spec)
    #expect(calls == 4 && specs == [Spec(.scalar, .float64)])
  }

  /// The kernels of the first run are not run again for the value: as many blocks as without.
  @Test func theValueIsComputedOnce() throws {
    func allocations(_ isRecomputed: Bool) throws -> Int {
      let engine = Engine()
      try engine.run {
        let segment: TensorFunction = { (x) throws(TensorError) in
          var h = x[0]
          for _ in 0..<50 { h = try sin(h) }
          return [h]
        }
        _ = try linearize(
          { (x) throws(TensorError) in isRecomputed ? try checkpoint(segment, x) : try segment(x) }, at: [Tensor(1)])
      }
      return engine.pool.statistics.allocations
    }
    let (plain, recomputed) = (try allocations(false), try allocations(true))
    // Without: a value and a cosine for each of 50; with: the values.
    #expect((100...110).contains(plain) && (50...60).contains(recomputed), "\(plain) \(recomputed)")
  }

  /// Segments within segments, halved d times: the walk runs each operation about d times, and memory grows with d, not with 2ᵈ.
  @Test func nestedSegmentsCostTheirDepth() throws {
    func halved(_ depth: Int) -> TensorFunction {
      if depth == 0 { return { (x) throws(TensorError) in [try sin(x[0])] } }
      let half = halved(depth - 1)
      return { (x) throws(TensorError) in try checkpoint(half, checkpoint(half, x)) }
    }
    func cost(_ depth: Int) throws -> Pool.Statistics {
      let engine = Engine()
      try engine.run {
        let x = Tensor(try NDArray.full([4096], 0.5, .float64))
        engine.pool.resetPeak()
        let f = halved(depth)
        _ = try gradient({ (x) throws(TensorError) in [try f(x)[0].sum()] }, at: [x])
      }
      return engine.pool.statistics
    }
    let (short, long) = (try cost(5), try cost(8))
    // 8 · 2⁸ is 12.8 times 5 · 2⁵.
    #expect(long.allocations < 14 * short.allocations, "\(short.allocations) \(long.allocations)")
    #expect(long.peak < 2 * short.peak, "\(short.peak) \(long.peak)")
  }

  /// A chain of recomputed calls is released without recursion.
  @Test func longChainsOfCalls() throws {
    let g = try gradient(
      { (x) throws(TensorError) in
        var y = x
        for _ in 0..<20_000 { y = try checkpoint({ (y) throws(TensorError) in [try 0.9999 * y[0]] }, y) }
        return y
      }, at: [Tensor(2)])
    #expect(Swift.abs(try g[0].double() - 0.13532) < 1e-4)  // 0.9999^20000 = e⁻²·⁰⁰⁰¹
  }

  @Test func anErrorInsideEndsTheRecording() throws {
    var kept: [Tensor] = []
    let x = try Tensor([1, 2])
    #expect(throws: TensorError.self) {
      try checkpoint(
        { (x) throws(TensorError) in
          kept = x
          throw .invalid("test", "on purpose")
        }, [x])
    }
    let error = #expect(throws: TensorError.self) { try exp(kept[0]) }
    #expect(error?.message.contains("after the transform") == true)
  }

  // MARK: Custom

  private func message(_ body: () throws(TensorError) -> [Tensor]) -> String {
    do throws(TensorError) {
      _ = try body()
      return "nothing was refused"
    } catch { return error.message }
  }

  private func custom(_ rule: CustomFunction.Rule) -> CustomFunction {
    CustomFunction("f", { (x) throws(TensorError) in [try 2 * x[0]] }, rule: rule)
  }

  @Test func rulesAreChecked() throws {
    let x = try Tensor([1, 2])
    let short = custom(.tangents { (x, dx, y) throws(TensorError) in [try dx[0].sum()] })
    #expect(
      message { () throws(TensorError) in try jvp(short.callAsFunction, [x], [x]).outputs }
        == "f: the jvp's tangents are float64[], expected float64[2]")
    let none = custom(.tangents { (_, _, _) throws(TensorError) in [] })
    #expect(
      message { () throws(TensorError) in try jvp(none.callAsFunction, [x], [x]).outputs }
        == "f: the jvp's tangents are none, expected float64[2]")
    let constant = custom(.cotangents { (ct, x, y) throws(TensorError) in [x[0]] })
    #expect(
      message { () throws(TensorError) in try linearize(constant.callAsFunction, at: [x]).outputs }
        == "f: the vjp's cotangent of argument 1 does not depend on that of the result, and is not zero; a derivative is linear in what it"
        + " is given")
    let squared = custom(.cotangents { (ct, x, y) throws(TensorError) in [try ct[0] * ct[0]] })
    #expect(
      message { () throws(TensorError) in try jvp(squared.callAsFunction, [x], [x]).outputs }.hasPrefix(
        "f: the vjp is not linear in the cotangent, so forward mode cannot transpose it"))
  }

  /// d/dc of a function that uses c from outside can't be known from its rule, on whatever level.
  @Test func closuresAreRefused() throws {
    let x = try Tensor([1, 2])
    let closing: TensorFunction = { (c) throws(TensorError) in
      let f = CustomFunction(
        "f", { (x) throws(TensorError) in [try x[0] * c[0]] },
        rule: .tangents { (x, dx, y) throws(TensorError) in [try dx[0] * c[0]] })
      return [try gradient({ (y) throws(TensorError) in [try f(y)[0].sum()] }, at: [x])[0].sum()]
    }
    for text in [
      message { () throws(TensorError) in try gradient(closing, at: [Tensor(3)]) },
      message { () throws(TensorError) in try vmap(closing, [x], axes: [0]) },
    ] { #expect(text.contains("pass it as an argument"), "\(text)") }
  }
}
