import Autodiff

/// The initialisers that look at a weight as a matrix: [n_in, n_out] itself, of a convolution [out, in·kh·kw] flattened.
///
/// They are drawn and computed in float64 and rounded once, so that a float32 weight is as orthogonal as its digits allow.
extension Initializer {
  /// Whether it is defined for weights with at least two dimensions alone.
  public var needsMatrix: Bool { [.orthogonal, .identity, .spectral].contains(self) }

  // Q of the QR decomposition of a normal matrix, its columns multiplied by the signs of R's diagonal: without them Q is not uniform
  // over the orthogonal matrices (Mezzadri 2007).
  func orthogonal(_ gain: Double, _ parameter: Parameter, _ dtype: DType, _ generator: inout Generator)
    throws(TensorError) -> Tensor
  {
    let (rows, columns) = try matrixSizes(parameter)
    let (long, short) = (max(rows, columns), min(rows, columns))
    let draw = try Tensor(generator.normal([long, short], .float64))
    let (q, r) = try qrDecomposition(draw)
    let isPositive = try greaterOrEqual(r.diagonal(), .scalar(0, .float64))
    let columnwise = try q * select(isPositive, .scalar(gain, .float64), .scalar(-gain, .float64))
    return try (rows < columns ? columnwise.matrixTransposed() : columnwise).reshaped(parameter.shape).cast(to: dtype)
  }

  // A matrix passes its input on. A convolution of odd kernel with padding (k − 1)/2 passes channel i of each group on as output i
  // of that group; even kernels are off by half a pixel.
  func identity(_ gain: Double, _ parameter: Parameter, _ dtype: DType) throws(TensorError) -> Tensor {
    let (rows, columns) = try matrixSizes(parameter)
    let shape = parameter.shape
    var values = [Double](repeating: 0, count: rows * columns)
    if shape.rank == 2 {
      for i in 0..<min(rows, columns) { values[i * columns + i] = gain }
    } else {
      let receptive = shape.dropFirst(2).reduce(1, *)
      let inputs = shape[1]
      // Of one input's outputs there are n_out, a kernel's worth for each channel of its group.
      let outputs = receptive == 0 ? 0 : max(1, min(rows, parameter.fanOut / receptive))
      let middle = shape.dropFirst(2).reduce(0) { $0 * $1 + $1 / 2 }
      for output in 0..<(values.isEmpty ? 0 : rows) where output % outputs < inputs {
        values[output * columns + (output % outputs) * receptive + middle] = gain
      }
    }
    return try Tensor(NDArray(values, shape: shape)).cast(to: dtype)
  }

  // ‖W‖₂ = scale exactly, instead of only in expectation.
  func spectral(_ scale: Double, _ parameter: Parameter, _ dtype: DType, _ generator: inout Generator)
    throws(TensorError) -> Tensor
  {
    let (rows, columns) = try matrixSizes(parameter)
    let draw = try Tensor(generator.normal([rows, columns], .float64))
    guard draw.count > 0 else { return try draw.reshaped(parameter.shape).cast(to: dtype) }
    let scaled = try draw * (.scalar(scale, .float64) / matrixNorm(draw, .spectral))
    return try scaled.reshaped(parameter.shape).cast(to: dtype)
  }

  private func matrixSizes(_ parameter: Parameter) throws(TensorError) -> (rows: Int, columns: Int) {
    let shape = parameter.shape
    guard shape.rank >= 2 else {
      throw .invalid(rawValue, "expected a weight with at least two dimensions, got the shape \(shape)")
    }
    return (shape[0], shape.dropFirst().reduce(1, *))
  }
}

extension Parameter {
  /// A weight known by its shape alone: [n_in, n_out] as in a dense layer; with more dimensions [out, in, kernel…] as in a
  /// convolution, n_in = in · kernel and n_out = out · kernel; a vector [n_in] leads to one output.
  public init(weight shape: Shape) {
    let receptive = shape.dropFirst(2).reduce(1, *)
    switch shape.rank {
    case 0: self.init(shape: shape, role: .weight, fanIn: 1, fanOut: 1)
    case 1: self.init(shape: shape, role: .weight, fanIn: shape[0], fanOut: 1)
    case 2: self.init(shape: shape, role: .weight, fanIn: shape[0], fanOut: shape[1])
    default: self.init(shape: shape, role: .weight, fanIn: shape[1] * receptive, fanOut: shape[0] * receptive)
    }
  }
}
