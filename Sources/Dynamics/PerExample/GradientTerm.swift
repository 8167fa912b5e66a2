import Autodiff

/// One term of the gradients of a parameter, for all m examples.
enum GradientTerm {
  /// Example i contributes xᵢᵀ δᵢ: x is [m, r, k], δ is [m, r, n], the parameter [k, n]; r counts positions within an example.
  case outer(x: Tensor, delta: Tensor)
  /// Example i contributes the derivative of a convolution in its weight: x is [m, images, channels, height, width], δ is
  /// [m, images, out, rows, columns], the parameter [out, in, kernel height, kernel width].
  case convolution(x: Tensor, delta: Tensor, ConvolutionGeometry)
  /// Example i contributes row i: [m, parameter's shape…].
  case dense(Tensor)

  /// The gradients themselves, [m, numbers in the parameter].
  func materialized() throws(TensorError) -> Tensor {
    switch self {
    case .outer(let x, let delta):
      let product = try matrixProduct(x.matrixTransposed(), delta)
      return try product.reshaped([product.shape[0], product.shape[1] * product.shape[2]])
    case .convolution(_, let delta, _):
      return try block(0..<delta.shape[2], of: delta.shape[2])
    case .dense(let rows):
      return try rows.reshaped([rows.shape[0], rows.count / Swift.max(1, rows.shape[0])])
    }
  }

  /// The gradients in some rows of a parameter that has `count` of them along its first dimension, [m, numbers in these rows]. For
  /// terms of which this is cheaper than all of them: convolutions, by output channels, and dense ones.
  func block(_ rows: Range<Int>, of count: Int) throws(TensorError) -> Tensor {
    guard case .convolution(let x, let delta, let geometry) = self else {
      let all = try materialized()
      let size = all.shape[1] / count
      return try all.slice(1, from: rows.lowerBound * size, count: rows.count * size)
    }
    let m = x.shape[0]
    let (inputs, outputs) = (x.shape[2] / geometry.groups, count / geometry.groups)
    var parts: [Tensor] = []
    // A group's output channels see that group's input channels.
    for group in 0..<geometry.groups {
      let own = rows.clamped(to: (group * outputs)..<((group + 1) * outputs))
      if own.isEmpty { continue }
      let part = try Convolution(face: .weight, geometry: ConvolutionGeometry(geometry.windows))
        .batch(
          [x.slice(2, from: group * inputs, count: inputs), delta.slice(2, from: own.lowerBound, count: own.count)], [true, true],
          lanes: m)[0]
      parts.append(try part.reshaped([m, part.count / Swift.max(1, m)]))
    }
    return parts.count == 1 ? parts[0] : try concatenate(parts, axis: 1)
  }

  /// Σᵢ wᵢ gᵢ for weights [m], flat.
  func weightedSum(_ weights: Tensor) throws(TensorError) -> Tensor {
    switch self {
    case .outer(let x, let delta):
      let (m, r, k, n) = (x.shape[0], x.shape[1], x.shape[2], delta.shape[2])
      let scaled = try delta * weights.reshaped([m, 1, 1])
      return try matrixProduct(x.reshaped([m * r, k]).matrixTransposed(), scaled.reshaped([m * r, n])).reshaped([k * n])
    case .convolution(let x, let delta, let geometry):
      let m = x.shape[0]
      let scaled = try delta * weights.reshaped([m, 1, 1, 1, 1])
      func images(_ x: Tensor) throws(TensorError) -> Tensor {
        try x.reshaped(Shape([m * x.shape[1]] + Array(x.shape.dropFirst(2))))
      }
      let sum = try bind(Convolution(face: .weight, geometry: geometry), images(x), images(scaled))
      return try sum.reshaped([sum.count])
    case .dense:
      return try matrixProduct(weights, materialized())
    }
  }

  /// ⟨gᵢ, hᵢ⟩ for every example i, [m].
  func innerProducts(_ other: GradientTerm) throws(TensorError) -> Tensor {
    switch (self, other) {
    case (.outer(let x, let delta), .outer(let y, let epsilon)):
      // ⟨Σ_r x_rᵀ δ_r, Σ_s y_sᵀ ε_s⟩ = Σ_rs (x_r · y_s)(δ_r · ε_s)
      let left = try matrixProduct(x, y.matrixTransposed())
      let right = try matrixProduct(delta, epsilon.matrixTransposed())
      return try (left * right).sum([1, 2])
    case (.outer(let x, let delta), .dense(let rows)), (.dense(let rows), .outer(let x, let delta)):
      return try (matrixProduct(x, rows) * delta).sum([1, 2])
    default:
      return try (materialized() * other.materialized()).sum([1])
    }
  }

  /// ⟨gᵢ, v⟩ for every example i and a direction v shaped like the parameter, [m].
  func innerProducts(direction v: Tensor) throws(TensorError) -> Tensor {
    if case .outer(let x, let delta) = self { return try (matrixProduct(x, v) * delta).sum([1, 2]) }
    return try matrixProduct(materialized(), v.reshaped([v.count]))
  }

  /// ⟨gᵢ, hⱼ⟩ for every pair of examples, [m, m].
  func gramMatrix(_ other: GradientTerm) throws(TensorError) -> Tensor {
    if case .outer(let x, let delta) = self, case .outer(let y, let epsilon) = other {
      let (m, r, s) = (x.shape[0], x.shape[1], y.shape[1])
      func products(_ a: Tensor, _ b: Tensor) throws(TensorError) -> Tensor {
        try matrixProduct(a.reshaped([m * r, a.shape[2]]), b.reshaped([m * s, b.shape[2]]).matrixTransposed())
      }
      let pairs = try products(x, y) * products(delta, epsilon)
      return r == 1 && s == 1 ? pairs : try pairs.reshaped([m, r, m, s]).sum([1, 3])
    }
    return try matrixProduct(materialized(), other.materialized().matrixTransposed())
  }
}
