import Autodiff
import Testing

/// Eight dimensions leave no room for a basis or for lanes in front: an error, never the end of the process.
@Suite struct FullRankTests {
  private func ones() throws -> Tensor { Tensor(try .full([1, 1, 1, 1, 1, 1, 1, 1], 1, .float64)) }

  @Test func jacobianRefuses() throws {
    let error = #expect(throws: TensorError.self) {
      _ = try jacobian({ (x) throws(TensorError) in try x.reshaped(.scalar) }, at: ones())
    }
    #expect(error?.message.hasPrefix("jacobian: at most 8 dimensions") == true)
  }

  @Test func scatteringInLanesRefuses() throws {
    let index = Tensor(try NDArray([0, 0] as [Int32], shape: [2, 1, 1]))
    #expect(throws: TensorError.self) {
      let values = try ones()
      _ = try vmap({ (i) throws(TensorError) in [try values.scattered(i[0], axis: 0, size: 1)] }, [index], axes: [0])
    }
  }
}
