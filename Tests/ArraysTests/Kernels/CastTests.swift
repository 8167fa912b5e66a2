import CKernels
import Testing

@Suite struct CastTests {
  @Test func floatsTruncateAndWhatDoesNotFitIsCounted() {
    let x: [Double] = [
      1.9, -1.9, 0.4, -0.0, 2147483647.5, 2147483648, -2147483648.9, -2147483649, .nan, .infinity, -.infinity, 1e300,
    ]
    let (y, bad) = cast(x, to: Int32.self)
    #expect(y == [1, -1, 0, 0, 2_147_483_647, 0, -2_147_483_648, 0, 0, 0, 0, 0])
    #expect(bad == 6)
    let f: [Float] = [1.9, -1.9, 2147483520, 2147483648, -2147483648, -2147483904, .nan, .infinity]
    let (z, badFloats) = cast(f, to: Int32.self)
    #expect(z == [1, -1, 2_147_483_520, 0, -2_147_483_648, 0, 0, 0])
    #expect(badFloats == 4)
  }

  @Test func everyOtherPair() {
    #expect(cast([0.1, 1e300, .nan] as [Double], to: Float.self).0.prefix(2) == [0.1, .infinity])
    #expect(cast([0.1] as [Float], to: Double.self).0 == [Double(Float(0.1))])
    #expect(cast([16_777_217, -3] as [Int32], to: Float.self).0 == [16_777_216, -3])
    #expect(cast([.max, .min] as [Int32], to: Double.self).0 == [2_147_483_647, -2_147_483_648])
    #expect(cast([0, -0.0, 0.5, .nan] as [Float], to: UInt8.self).0 == [0, 0, 1, 1])
    #expect(cast([0, -7] as [Int32], to: UInt8.self).0 == [0, 1])
    #expect(cast([0, 1] as [UInt8], to: Float.self).0 == [0, 1])
    #expect(cast([0, 1] as [UInt8], to: Double.self).0 == [0, 1])
    #expect(cast([0, 1] as [UInt8], to: Int32.self).0 == [0, 1])
    #expect(cast([1, 2] as [Int32], to: Int32.self).0 == [1, 2])
  }

  @Test(arguments: [[70], [6, 5], [3, 1, 4], [300, 400]]) func layouts(_ shape: [Int]) {
    for layout in PointwiseLayoutTests.layouts(of: shape) {
      let x = (0..<layout.extent).map { Float($0) * 0.75 - 3 }
      var results: [[Int32]] = []
      for threads in [Int32(1), 3] {
        var y = [Int32](repeating: -1, count: shape.reduce(1, *))
        var block = control(threads: threads)
        var bad: Int64 = -1
        x.withUnsafeBufferPointer {
          var source = operand($0.baseAddress! + layout.offset, layout.strides)
          _ = ebb_cast(.EBB_F32, .EBB_I32, Int32(shape.count), shape.map { Int64($0) }, &y, &source, &bad, &block)
        }
        #expect(bad == 0)
        results.append(y)
      }
      #expect(results[0] == positions(shape).map { Int32(x[layout.offset + dot($0, layout.strides)]) }, "strides \(layout.strides)")
      #expect(results[0] == results[1])
    }
  }

  @Test func badValuesAreCountedAcrossThreads() {
    let x = (0..<400_000).map { $0 % 1000 == 7 ? Double.nan : 1 }
    var y = [Int32](repeating: -1, count: x.count)
    var block = control(threads: 4)
    var bad: Int64 = 0
    x.withUnsafeBufferPointer {
      var source = operand($0.baseAddress!, [1])
      _ = ebb_cast(.EBB_F64, .EBB_I32, 1, [Int64(x.count)], &y, &source, &bad, &block)
    }
    #expect(bad == 400)
  }

  private func cast<From: KernelElement, To: KernelElement>(_ x: [From], to: To.Type) -> ([To], Int64) {
    var bad: Int64 = -1
    let y = [To](unsafeUninitializedCapacity: x.count) { buffer, count in
      x.withUnsafeBufferPointer {
        var source = operand($0.baseAddress!, [1])
        _ = ebb_cast(From.kernel, To.kernel, 1, [Int64(x.count)], buffer.baseAddress!, &source, &bad, nil)
      }
      count = x.count
    }
    return (y, bad)
  }
}
