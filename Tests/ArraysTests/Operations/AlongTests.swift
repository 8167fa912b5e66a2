import Testing

@testable import Arrays

/// Elements along rows at positions of their own, and the adjoint.
@Suite struct AlongTests {
  @Test(arguments: DType.allCases) func takingAndPutting(dtype: DType) throws {
    let x = try NDArray([1.0, 2, 3, 4, 5, 6], shape: [2, 3]).cast(to: dtype == .bool ? .float64 : dtype)
    let values = dtype == .bool ? try NDArray([1.0, 0, 0, 0, 1, 0], shape: [2, 3]).cast(to: .bool) : x
    let positions = try NDArray([Int32](arrayLiteral: 2, 0, 0, 2, 1, 1, 0, 1), shape: [2, 4])
    let taken = try values.taken(positions)
    #expect(taken.dtype == dtype && taken.shape == [2, 4])
    #expect(try taken.doubles() == (dtype == .bool ? [0, 1, 1, 0, 1, 1, 0, 1] : [3, 1, 1, 3, 5, 5, 4, 5]))
    let put = try taken.put(at: positions, size: 3)
    #expect(try put.doubles() == (dtype == .bool ? [1, 0, 0, 0, 1, 0] : [2, 0, 6, 4, 15, 0]))
    #expect(try values.permuted([1, 0]).taken(NDArray([Int32(1), 0, 1], shape: [3, 1])).shape == [3, 1])
  }

  @Test func emptyRowsAndPositions() throws {
    let none = try NDArray([Int32](), shape: [2, 0])
    #expect(try NDArray.full([2, 0], 0, .float32).taken(none).shape == [2, 0])
    #expect(try NDArray.full([2, 0], 0, .float32).put(at: none, size: 2).doubles() == [0, 0, 0, 0])
  }

  @Test func wrongPositionsAreNamedAsUsersCount() throws {
    let array = try NDArray.full([40_000, 3], 1, .float64)
    var places = [Int32](repeating: 2, count: 40_000)
    places[39_999] = 7
    places[20_000] = -1
    let positions = try NDArray(places, shape: [40_000, 1])
    for threads in [1, 3] {
      let taken = #expect(throws: TensorError.self) {
        try Engine(threads: threads).run { () throws(any Error) in try array.taken(positions) }
      }
      #expect(taken?.message.hasPrefix("index: index 0 is outside dimension 2, which has 1..3") == true)
      #expect(throws: TensorError.self) {
        try Engine(threads: threads).run { () throws(any Error) in
          try NDArray.full([40_000, 1], 1, .float64).put(at: positions, size: 3)
        }
      }
    }
  }
}
