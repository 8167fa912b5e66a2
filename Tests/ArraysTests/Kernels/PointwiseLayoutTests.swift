import CKernels
import Testing

/// ebb_pointwise over strided, permuted and broadcast operands, against index arithmetic.
@Suite struct PointwiseLayoutTests {
  /// Sizes for which every way to lay out two operands is tried.
  static let shapes: [[Int]] = [
    [], [1], [5], [2, 3], [1, 4], [4, 1], [3, 2, 2], [2, 1, 3], [1, 1, 2], [2, 2, 1, 3], [130, 3], [3, 130], [40, 2, 20],
  ]

  @Test(arguments: shapes) func everyPairOfLayouts(_ shape: [Int]) {
    let layouts = Self.layouts(of: shape)
    let total = shape.reduce(1, *)
    for a in layouts {
      let left = (0..<(a.extent)).map { Double($0) + 0.5 }
      for b in layouts {
        let right = (0..<(b.extent)).map { Double($0) * 1000 }
        var result = [Double](repeating: -1, count: total)
        let status = left.withUnsafeBufferPointer { x in
          right.withUnsafeBufferPointer { y in
            let operands = [
              operand(x.baseAddress! + a.offset, a.strides), operand(y.baseAddress! + b.offset, b.strides),
            ]
            return ebb_pointwise(.sub, .EBB_F64, Int32(shape.count), shape.map { Int64($0) }, &result, operands, nil)
          }
        }
        #expect(status == 0)
        let wanted = positions(shape).map { p in left[a.offset + dot(p, a.strides)] - right[b.offset + dot(p, b.strides)] }
        #expect(result == wanted, "\(shape), strides \(a.strides) and \(b.strides)")
      }
    }
  }

  @Test(arguments: shapes) func selectTakesAConditionOfItsOwnWidth(_ shape: [Int]) {
    let total = shape.reduce(1, *)
    let layouts = Self.layouts(of: shape)
    for c in layouts {
      let condition = (0..<c.extent).map { UInt8($0 * 7 % 3 == 0 ? 1 : 0) }
      for a in layouts {
        let left = (0..<a.extent).map { Float($0) + 1 }
        let right: [Float] = [-5]
        var result = [Float](repeating: 0, count: total)
        _ = condition.withUnsafeBufferPointer { c0 in
          left.withUnsafeBufferPointer { a0 in
            right.withUnsafeBufferPointer { b0 in
              let operands = [
                operand(c0.baseAddress! + c.offset, c.strides), operand(a0.baseAddress! + a.offset, a.strides),
                operand(b0.baseAddress!, shape.map { _ in 0 }),
              ]
              return ebb_pointwise(.select, .EBB_F32, Int32(shape.count), shape.map { Int64($0) }, &result, operands, nil)
            }
          }
        }
        let wanted = positions(shape).map { p in
          condition[c.offset + dot(p, c.strides)] == 1 ? left[a.offset + dot(p, a.strides)] : -5
        }
        #expect(result == wanted, "\(shape), strides \(c.strides) and \(a.strides)")
      }
    }
  }

  /// Large enough for several chunks and for the worker pool.
  @Test(arguments: [[300_001], [700, 301], [3, 90_001], [90_001, 3], [50, 60, 70]]) func threadsChangeNothing(_ shape: [Int]) {
    let total = shape.reduce(1, *)
    let x = (0..<total).map { Float($0 % 1013) * 0.01 - 5 }
    let row = (0..<shape.last!).map { Float($0 % 17) }
    var strides = [Int](repeating: 1, count: shape.count)
    for d in shape.indices.dropLast().reversed() { strides[d] = strides[d + 1] * shape[d + 1] }
    let results = [Int32(1), 2, 5].map { threads in
      var result = [Float](repeating: 0, count: total)
      var block = control(threads: threads)
      _ = x.withUnsafeBufferPointer { x in
        row.withUnsafeBufferPointer { row in
          let operands = [
            operand(x.baseAddress!, strides), operand(row.baseAddress!, shape.indices.map { $0 == shape.count - 1 ? 1 : 0 }),
          ]
          return ebb_pointwise(.pow, .EBB_F32, Int32(shape.count), shape.map { Int64($0) }, &result, operands, &block)
        }
      }
      return result
    }
    let wanted = apply(.pow, x, (0..<total).map { row[$0 % row.count] })
    #expect(results.allSatisfy { zip($0, wanted).allSatisfy { $0.bitPattern == $1.bitPattern } })
  }

  struct Layout {
    var strides: [Int]
    var offset: Int
    var extent: Int
  }

  /// Contiguous, reversed order of dimensions, a slice with gaps, each one backwards, and every choice of broadcast dimensions.
  static func layouts(of shape: [Int]) -> [Layout] {
    func packed(_ order: [Int], gap: Int) -> [Int] {
      var strides = [Int](repeating: 0, count: shape.count)
      var step = gap
      for d in order {
        strides[d] = step
        step *= shape[d] + (gap - 1)
      }
      return strides
    }
    let forward = packed(shape.indices.reversed(), gap: 1)
    let variants = [forward, packed(Array(shape.indices), gap: 1), packed(shape.indices.reversed(), gap: 2), forward.map { -$0 }]
    let broadcasts = (0..<(1 << shape.count)).map { held in shape.indices.map { held >> $0 & 1 == 1 ? 0 : forward[$0] } }
    return (variants + broadcasts).map { strides in
      let reach = zip(strides, shape).map { $0 * ($1 - 1) }
      let offset = -reach.filter { $0 < 0 }.reduce(0, +)
      return Layout(strides: strides, offset: offset, extent: offset + reach.filter { $0 > 0 }.reduce(0, +) + 1)
    }
  }

}
