import Testing

@testable import Autodiff

/// The examples of Sources/Autodiff/README.md.
@Suite struct TourTests {
  private let f: TensorFunction = { (x) throws(TensorError) in [try (x[0] * sin(x[0])).sum()] }

  @Test func transforms() throws {
    let x = Tensor(try NDArray([0.0, 1, 2], shape: [3]))
    let slopes = try gradient(f, at: [x])[0]
    #expect(try distance(slopes, sin(x) + x * cos(x)) < 1e-15)
    let curvatures = try hessianProduct(f, at: [x], [x])[0]
    #expect(try distance(curvatures, (2 * cos(x) - x * sin(x)) * x) < 1e-15)
    let rows = try vmap({ (x) throws(TensorError) in try gradient(f, at: x) }, [x], axes: [0])[0]
    #expect(try distance(rows, slopes) == 0)
  }

  @Test func theGraphOfALinearization() throws {
    let x = Tensor(try NDArray([0.0, 1, 2], shape: [3]))
    let linear = try linearize(f, at: [x])
    #expect(
      linear.graph.description == """
        graph(%0 float64[3])
          %1 float64[3] = mul %0 float64[3]
          %2 float64[3] = mul %0 float64[3]
          %3 float64[3] = mul %1 float64[3]
          %4 float64[3] = add %2 %3
          %5 float64[] = Sum(axes: [0]) %4
          return %5
        """)
    let pulled = try #require(try linear.pull([.scalar(1, .float64)])[0])
    #expect(try distance(pulled, gradient(f, at: [x])[0]) == 0)
  }
}
