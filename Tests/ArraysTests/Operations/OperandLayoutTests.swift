import Testing

@testable import Arrays

/// Kernels that take several operands, over every pair of layouts.
@Suite struct OperandLayoutTests {
  @Test func pointwiseOverBroadcastViews() throws {
    let layouts = try [[], [3], [3, 1], [2, 3], [2, 1, 3]].flatMap { try everyLayout(of: $0) }
    for a in layouts {
      for b in layouts {
        guard let shape = try? a.array.shape.broadcast(with: b.array.shape, operation: "sub") else { continue }
        let sizes = Array(shape)
        let left = a.naive.broadcast(to: sizes)
        let right = b.naive.broadcast(to: sizes)
        let expected = Naive(sizes) { left[$0] - 10 * right[$0] }
        let scaled = try NDArray.pointwise(.mul, b.array, NDArray(10.0))
        #expect(try Naive(.pointwise(.sub, a.array, scaled)) == expected, "\(a) with \(b)")
        let direct = try Naive(.pointwise(.sub, a.array, b.array))
        #expect(direct == Naive(sizes) { left[$0] - right[$0] }, "\(a) with \(b)")
      }
    }
  }

  @Test func selectOverBroadcastViews() throws {
    let layouts = try [[], [3], [2, 3]].flatMap { try everyLayout(of: $0) }
    for condition in layouts {
      for a in layouts {
        guard let shape = try? condition.array.shape.broadcast(with: a.array.shape, operation: "where") else { continue }
        let sizes = Array(shape)
        let flags = try NDArray.pointwise(.gt, condition.array, NDArray(2.0))
        let (test, left) = (condition.naive.broadcast(to: sizes), a.naive.broadcast(to: sizes))
        let expected = Naive(sizes) { test[$0] > 2 ? left[$0] : -1 }
        #expect(try Naive(.select(flags, a.array, NDArray(-1.0))) == expected, "\(condition) with \(a)")
      }
    }
  }

  @Test func operandsThatDoNotFit() throws {
    let a = try NDArray([1.0, 2], shape: [2])
    func message(_ body: () throws -> NDArray) -> String? { #expect(throws: TensorError.self) { try body() }?.message }
    #expect(
      message { try .pointwise(.add, a, NDArray([1.0, 2, 3], shape: [3])) }
        == "add: shapes [2] and [3] do not broadcast (sizes are aligned at the end and must be equal or 1)")
    #expect(
      message { try .pointwise(.add, a, NDArray(Float(1))) } == "add: the operands differ in dtype: float64 and float32")
    #expect(
      message { try .select(a, a, a) } == "select: expected a bool condition, got a float64 tensor (convert with x:cast)")
    #expect(
      message { try .pointwise(.exp, NDArray(Int32(1))) }
        == "exp: expected a number type, got a int32 tensor (convert with x:cast)")
  }

  // Every way to lie in memory for the operands of a product: whole numbers, so that any order of summation is exact.
  private func matrices(_ batch: [Int], _ m: Int, _ n: Int) throws -> [ViewCase] {
    let sizes = batch + [m, n]
    let last = sizes.count - 1
    var naive = Naive(sizes) { _ in 0 }
    for position in naive.values.indices { naive.values[position] = Double((position * 7 + position / 5) % 11 - 4) }
    let array = try NDArray(naive.values, shape: Shape(sizes))
    let swap = Array(0..<(last - 1)) + [last, last - 1]
    // Elements apart by two in memory, and backwards.
    let doubled = Naive(sizes.dropLast() + [2 * n]) { index in
      index[last] % 2 == 0 ? naive[index.dropLast() + [index[last] / 2]] : 99
    }
    let spread = try NDArray(doubled.values, shape: Shape(doubled.shape))
    let zeros = sizes.map { _ in 0 }
    let ones = sizes.map { _ in 1 }
    let reversed = Naive(sizes) { index in naive[index.dropLast() + [n - 1 - index[last]]] }
    let backwards = try NDArray(reversed.values, shape: Shape(sizes))
    var views = [
      ("packed", array), ("transposed", try array.permuted(swap).packed().permuted(swap)),
      ("spread", spread.sliced(starts: zeros, counts: sizes, steps: ones.dropLast() + [2])),
    ]
    if n > 0 {
      views.append(
        ("backwards", backwards.sliced(starts: zeros.dropLast() + [n - 1], counts: sizes, steps: ones.dropLast() + [-1])))
    }
    if batch.count == 2 {
      let order = [1, 0, 2, 3]
      views.append(("batch permuted", try array.permuted(order).packed().permuted(order)))
      let inside = [2, 0, 3, 1]
      let back = [1, 3, 0, 2]
      views.append(("batch inside", try array.permuted(inside).packed().permuted(back)))
    }
    return views.map { ViewCase(array: $0.1, naive: naive, description: "\(sizes) \($0.0)") }
  }

  // Operands whose batch dimensions are stretched without copying.
  private func stretched(_ batch: [Int], _ m: Int, _ n: Int) throws -> [ViewCase] {
    var result = try matrices(batch, m, n)
    for kept in subsets(batch.count) where kept.count < batch.count {
      let base = batch.indices.map { kept.contains($0) ? batch[$0] : 1 }
      for layout in try matrices(base, m, n) {
        result.append(
          ViewCase(
            array: layout.array.broadcast(to: Shape(batch + [m, n])), naive: layout.naive.broadcast(to: batch + [m, n]),
            description: "\(layout) stretched"))
      }
    }
    return result
  }

  @Test(arguments: [[], [3], [2, 3]], [[2, 3, 4], [1, 5, 1], [3, 1, 2], [2, 0, 3], [0, 2, 2], [9, 17, 10]])
  func productsOverEveryLayout(batch: [Int], sizes: [Int]) throws {
    let (m, k, n) = (sizes[0], sizes[1], sizes[2])
    for a in try stretched(batch, m, k) {
      for b in try stretched(batch, k, n) {
        let expected = a.naive.times(b.naive)
        let product = try NDArray.matrixProduct(a.array, b.array)
        #expect(product.isContiguous)
        #expect(try Naive(product) == expected, "\(a) times \(b)")
        let narrow = try NDArray.matrixProduct(a.array.cast(to: .float32), b.array.cast(to: .float32))
        #expect(try Naive(narrow) == expected, "\(a) times \(b) in float32")
      }
    }
  }
}
