import Testing

@testable import Arrays

@Suite struct ViewTests {
  @Test func layoutsHoldWhatTheyShow() throws {
    for layout in try everyLayout() {
      #expect(try Naive(layout.array) == layout.naive, "\(layout)")
      for position in layout.naive.values.indices {
        #expect(layout.array.double(at: position) == layout.naive.values[position], "\(layout) at \(position)")
      }
    }
  }

  @Test func viewsComposeWithPermutations() throws {
    for layout in try everyLayout() {
      for order in permutations(layout.array.rank) where order.count <= 4 {
        #expect(try Naive(layout.array.permuted(order)) == layout.naive.permuted(order), "\(layout) then \(order)")
      }
    }
  }

  // All factorizations into at most four sizes, ones included.
  private func shapes(of count: Int, rank: Int) -> [[Int]] {
    if rank == 0 { return count == 1 ? [[]] : [] }
    let sizes = count == 0 ? [0, 1, 2] : (1...count).filter { count % $0 == 0 }
    return sizes.flatMap { size in
      shapes(of: size == 0 ? 1 : count / size, rank: rank - 1).map { [size] + $0 }
    }
  }

  @Test func reshapeKeepsRowMajorOrder() throws {
    for layout in try everyLayout() where layout.array.count <= 24 {
      for rank in 0...4 {
        for target in shapes(of: layout.array.count, rank: rank) {
          let reshaped = try layout.array.reshaped(Shape(target))
          #expect(try Naive(reshaped) == layout.naive.reshaped(target), "\(layout) to \(target)")
        }
      }
    }
  }

  @Test func reshapeCopiesOnlyWhenItMust() throws {
    let array = try NDArray(Naive(counting: [4, 6]).values, shape: [4, 6])
    let id = array.storageIdentity
    #expect(try array.reshaped([2, 2, 3, 2]).storageIdentity == id)
    #expect(try array.permuted([1, 0]).reshaped([3, 2, 4]).storageIdentity == id)
    #expect(try array.permuted([1, 0]).reshaped([24]).storageIdentity != id)
    #expect(try array.sliced(starts: [1, 0], counts: [2, 6], steps: [2, 1]).reshaped([2, 2, 3]).storageIdentity == id)
    #expect(try array.sliced(starts: [0, 1], counts: [4, 5], steps: [1, 1]).reshaped([20]).storageIdentity != id)
    #expect(try array.broadcast(to: [3, 4, 6]).reshaped([3, 24]).storageIdentity == id)
    #expect(try array.broadcast(to: [3, 4, 6]).reshaped([12, 6]).storageIdentity != id)
  }

  @Test func slicesInEveryStep() throws {
    let naive = Naive(counting: [5, 4])
    let array = try NDArray(naive.values, shape: [5, 4])
    for step in [-3, -2, -1, 1, 2, 3, 4] {
      for start in 0..<5 {
        let longest = step > 0 ? (4 - start) / step + 1 : start / -step + 1
        for count in 0...longest {
          let result = array.sliced(starts: [start, 1], counts: [count, 3], steps: [step, 1])
          let expected = naive.sliced(starts: [start, 1], counts: [count, 3], steps: [step, 1])
          #expect(try Naive(result) == expected, "\(count) from \(start) by \(step)")
        }
      }
    }
  }

  @Test func aViewThatIsPackedIsPlain() throws {
    let array = try NDArray(Naive(counting: [4, 6]).values, shape: [4, 6])
    #expect(array.permuted([0, 1]).isContiguous)
    #expect(array.broadcast(to: [1, 4, 6]).isContiguous)
    #expect(array.permuted([1, 0]).permuted([1, 0]).isContiguous)
    #expect(array.sliced(starts: [0, 0], counts: [2, 6], steps: [1, 1]).isContiguous)
    #expect(!array.sliced(starts: [1, 0], counts: [2, 6], steps: [1, 1]).isContiguous)
  }

  @Test func constructors() throws {
    #expect(try NDArray.full([2, 2], 3, .int32).elements(of: Int32.self) == [3, 3, 3, 3])
    #expect(try NDArray.full([3], 1, .bool).elements(of: Bool.self) == [true, true, true])
    #expect(try NDArray.sequence(4, from: 1, by: -0.5, .float32).elements(of: Float.self) == [1, 0.5, 0, -0.5])
    #expect(try NDArray(Float(2.5)).doubles() == [2.5])
    #expect(try NDArray(Float(2.5)).shape == .scalar)
    #expect(try NDArray([true, false], shape: [2]).doubles() == [1, 0])
    #expect(try NDArray([Double](), shape: [0, 4]).doubles() == [])
  }
}
