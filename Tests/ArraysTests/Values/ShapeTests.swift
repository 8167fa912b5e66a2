import Testing

@testable import Arrays

@Suite struct ShapeTests {
  static let small: [[Int]] = (0...3).flatMap { rank in Naive.indices(Array(repeating: 4, count: rank)) }

  @Test(arguments: 0...8) func packingKeepsEverySize(rank: Int) {
    let sizes = (0..<rank).map { [0, 1, 7, Int(Int32.max), 12, 3, 65_536, 2][$0] }
    let shape = Shape(sizes)
    #expect(shape.rank == rank)
    #expect(Array(shape) == sizes)
    for axis in 0..<rank {
      var changed = shape
      changed[axis] = 5
      #expect(Array(changed) == sizes.enumerated().map { $0 == axis ? 5 : $1 })
    }
  }

  @Test func equalityIsThatOfTheSizes() {
    for a in ShapeTests.small {
      for b in ShapeTests.small {
        #expect((Shape(a) == Shape(b)) == (a == b))
      }
      #expect(Shape(a).hashValue == Shape(a).hashValue)
      #expect(Shape(a).elementCount == a.reduce(1, *))
    }
  }

  @Test func editingDimensions() {
    let shape: Shape = [2, 3, 4]
    #expect(shape.removing(1) == [2, 4])
    #expect(shape.removing([0, 2]) == [3])
    #expect(shape.inserting(7, at: 3) == [2, 3, 4, 7])
    #expect(shape.inserting(7, at: 0) == [7, 2, 3, 4])
    #expect(shape.replacing(2, with: 1) == [2, 3, 1])
    #expect(shape.keeping([0, 1]) == [1, 1, 4])
    #expect(shape.description == "[2, 3, 4]")
    #expect(shape.contiguousStrides == [12, 4, 1])
  }

  @Test func broadcastingFollowsNumPy() throws {
    for a in ShapeTests.small {
      for b in ShapeTests.small {
        let rank = max(a.count, b.count)
        let pairs = zip(
          Array(repeating: 1, count: rank - a.count) + a, Array(repeating: 1, count: rank - b.count) + b)
        let fits = pairs.allSatisfy { $0 == $1 || $0 == 1 || $1 == 1 }
        if fits {
          let result = try Shape(a).broadcast(with: Shape(b), operation: "add")
          #expect(Array(result) == pairs.map { $0 == 1 ? $1 : $0 }, "\(a) with \(b)")
        } else {
          #expect(throws: TensorError.self, "\(a) with \(b)") { try Shape(a).broadcast(with: Shape(b), operation: "add") }
        }
      }
    }
  }

  @Test func broadcastErrorNamesBothShapes() {
    let error = #expect(throws: TensorError.self) { try Shape([2, 3]).broadcast(with: [4], operation: "add") }
    #expect(
      error?.message == "add: shapes [2, 3] and [4] do not broadcast (sizes are aligned at the end and must be equal or 1)")
  }

  @Test(
    arguments: [
      ([1, 1, 1, 1, 1, 1, 1, 1, 1], "zeros: at most 8 dimensions are possible, got 9"),
      ([2, -1], "zeros: size -1 of dimension 2 must be between 0 and 2^31 - 1"),
      ([1 << 31], "zeros: size 2147483648 of dimension 1 must be between 0 and 2^31 - 1"),
      ([1 << 30, 1 << 30, 1 << 30], "zeros: the shape [1073741824, 1073741824, 1073741824] has more than 2^48 elements"),
    ])
  func sizesOfUsersAreChecked(sizes: [Int], message: String) {
    let error = #expect(throws: TensorError.self) { try Shape.checked(sizes, operation: "zeros") }
    #expect(error?.message == message)
  }

  @Test func hugeShapesDoNotTrap() throws {
    let big = Int(Int32.max)
    #expect(try Shape.checked([big, big, big, 0], operation: "zeros").elementCount == 0)
    #expect(Shape([big, big, big]).elementCount == .max)
    #expect(throws: TensorError.self) { try Shape([big, 1, 1]).broadcast(with: [1, big, big], operation: "add") }
    #expect(throws: TensorError.self) { try NDArray(uninitialized: [big, big, big], .float32) }
    #expect(throws: TensorError.self) { try NDArray(uninitialized: [big, big], .float64) }
    let empty = try NDArray(uninitialized: [big, big, big, 0], .float32)
    #expect(try empty.permuted([3, 0, 1, 2]).contiguous().count == 0)
    #expect(throws: TensorError.self) { try empty.reduced(.sum, over: [3]) }
  }
}
