import CKernels
import Testing

@Suite struct RandomKernelTests {
  /// The known answers that the authors' library Random123 ships (kat_vectors, philox4x32 with 10 rounds).
  @Test func philoxKnownAnswers() {
    let cases: [([UInt32], [UInt32], [UInt32])] = [
      ([0, 0, 0, 0], [0, 0], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
      ([UInt32](repeating: .max, count: 4), [.max, .max], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
      (
        [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0],
        [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
      ),
    ]
    for (counter, key, wanted) in cases {
      var out = [UInt32](repeating: 0, count: 4)
      ebb_philox4x32(counter, key, &out)
      #expect(out == wanted)
    }
  }

  /// Position 16 w + l of tile t is word w of counter 16 t + l.
  @Test func wordsStandWhereTheCounterLayoutSays() {
    let key: UInt64 = 0x0123_4567_89ab_cdef
    let draw: UInt64 = 0xfedc_ba98_7654_3210
    var words = [UInt32](repeating: 0, count: 200)
    ebb_random_bits(key, draw, 200, &words)
    for (i, word) in words.enumerated() {
      let counter = UInt64(i / 64 * 16 + i % 16)
      var out = [UInt32](repeating: 0, count: 4)
      ebb_philox4x32(
        [UInt32(truncatingIfNeeded: counter), UInt32(counter >> 32), UInt32(truncatingIfNeeded: draw), UInt32(draw >> 32)],
        [UInt32(truncatingIfNeeded: key), UInt32(key >> 32)], &out)
      #expect(word == out[i % 64 / 16], "element \(i)")
    }
  }

  @Test(arguments: [1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 200]) func elementsDoNotDependOnTheLength(_ n: Int) {
    #expect(normals(Float.self, n) == Array(normals(Float.self, 1000).prefix(n)))
    #expect(normals(Double.self, n) == Array(normals(Double.self, 1000).prefix(n)))
    #expect(uniforms(Float.self, n) == Array(uniforms(Float.self, 1000).prefix(n)))
    #expect(uniforms(Double.self, n) == Array(uniforms(Double.self, 1000).prefix(n)))
    #expect(normals(Float.self, n, key: 1) != normals(Float.self, n, key: 2))
    #expect(normals(Float.self, n, draw: 1) != normals(Float.self, n, draw: 2))
  }

  @Test func uniformsFillTheUnitInterval() {
    let n = 1 << 20
    let x = uniforms(Double.self, n)
    let f = uniforms(Float.self, n).map { Double($0) }
    for sample in [x, f] {
      #expect(sample.allSatisfy { (0..<1).contains($0) })
      let mean = sample.reduce(0, +) / Double(n)
      let square = sample.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(n)
      #expect(abs(mean - 0.5) < 5 * 0.2887 / Double(n).squareRoot())
      #expect(abs(square - 1.0 / 12) < 5 * 0.0745 / Double(n).squareRoot())
      var counts = [Int](repeating: 0, count: 64)
      for value in sample { counts[Int(value * 64)] += 1 }
      let chi = counts.reduce(0.0) { $0 + (Double($1) - Double(n) / 64) * (Double($1) - Double(n) / 64) } / (Double(n) / 64)
      #expect(chi < 120)  // 63 degrees of freedom: mean 63, standard deviation 11
    }
    #expect(f.allSatisfy { ($0 * 0x1p24).rounded() == $0 * 0x1p24 })
    #expect(x.contains { ($0 * 0x1p52).rounded() != $0 * 0x1p52 })  // the 53rd bit is used
  }

  @Test func normalsHaveTheMomentsOfTheNormalDistribution() {
    let n = 1 << 20
    for x in [normals(Double.self, n), normals(Float.self, n).map { Double($0) }] {
      let root = Double(n).squareRoot()
      // The standard deviation of x^k is sqrt(E x^(2k) - (E x^k)^2): 1, sqrt 2, sqrt 15, sqrt 96.
      for (power, mean, deviation) in [(1, 0.0, 1.0), (2, 1.0, 1.4142), (3, 0.0, 3.873), (4, 3.0, 9.798)] {
        let moment = x.reduce(0.0) { sum, value in sum + (0..<power).reduce(1.0) { product, _ in product * value } } / Double(n)
        #expect(abs(moment - mean) < 5 * deviation / root, "moment \(power): \(moment)")
      }
      // Partners of a pair, and neighbours, are uncorrelated.
      for lag in [1, 16, 32] {
        let products = (0..<(n - lag)).reduce(0.0) { $0 + x[$1] * x[$1 + lag] } / Double(n)
        #expect(abs(products) < 5 / root, "lag \(lag)")
      }
      let beyond = Double(x.filter { abs($0) > 3 }.count) / Double(n)
      #expect(abs(beyond - 0.0026998) < 5 * 0.0519 / root)
      #expect(x.max()! > 4.3 && x.min()! < -4.3 && x.allSatisfy { $0.isFinite })
    }
  }

  private func normals<Real: KernelElement>(_ type: Real.Type, _ n: Int, key: UInt64 = 42, draw: UInt64 = 7) -> [Real] {
    [Real](unsafeUninitializedCapacity: n) { buffer, count in
      ebb_random_normal(Real.kernel, key, draw, Int64(n), buffer.baseAddress!)
      count = n
    }
  }
  private func uniforms<Real: KernelElement>(_ type: Real.Type, _ n: Int) -> [Real] {
    [Real](unsafeUninitializedCapacity: n) { buffer, count in
      ebb_random_uniform(Real.kernel, 42, 7, Int64(n), buffer.baseAddress!)
      count = n
    }
  }
}
