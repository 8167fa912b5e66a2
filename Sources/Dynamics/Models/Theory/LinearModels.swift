import Autodiff

/// The linear model x ↦ x W with W: [d, p] and no bias.
public struct LinearModel: EffectiveModel {
  let inputs: Int
  let outputs: Int

  /// - Parameters:
  ///   - inputs: d.
  ///   - outputs: p.
  public init(_ inputs: Int, _ outputs: Int) {
    self.inputs = inputs
    self.outputs = outputs
  }

  /// `{ W = [d, p] }`
  public var structure: ParameterStructure {
    .named([("W", .parameter(Parameter(shape: [inputs, outputs], role: .weight, fanIn: inputs, fanOut: outputs)))])
  }

  /// W.
  public func effective(_ parameters: ArraySlice<Tensor>) throws(TensorError) -> Tensor { parameters[parameters.startIndex] }

  /// x W: x [..., d] gives [..., p].
  public func callAsFunction(_ parameters: ArraySlice<Tensor>, _ x: Tensor, _ context: inout LayerContext) throws(TensorError)
    -> Tensor
  {
    try requireWidth(x, inputs, "linear")
    return try matrixProduct(x, parameters[parameters.startIndex])
  }
}

/// The deep linear network x ↦ x W₁ W₂ ⋯ W_N without biases or activations (Saxe et al. 2014; Gidel, Bach & Lacoste-Julien 2019).
public struct DeepLinearNetwork: EffectiveModel {
  let widths: [Int]

  /// - Parameter widths: from the input to the output, at least two: W_j is [widths[j − 1], widths[j]].
  public init(_ widths: [Int]) {
    precondition(widths.count >= 2, "a deep linear network has an input and an output width")
    self.widths = widths
  }

  /// The list of W₁, …, W_N.
  public var structure: ParameterStructure {
    .list(
      zip(widths, widths.dropFirst()).map {
        .parameter(Parameter(shape: [$0, $1], role: .weight, fanIn: $0, fanOut: $1))
      })
  }

  /// W₁ W₂ ⋯ W_N: [d, p].
  public func effective(_ parameters: ArraySlice<Tensor>) throws(TensorError) -> Tensor {
    try chain(parameters) { (product, factor) throws(TensorError) in try matrixProduct(product, factor) }
  }

  /// x W₁ W₂ ⋯ W_N, from the left: x [..., d] gives [..., p].
  public func callAsFunction(_ parameters: ArraySlice<Tensor>, _ x: Tensor, _ context: inout LayerContext) throws(TensorError)
    -> Tensor
  {
    try requireWidth(x, widths[0], "deep_linear")
    var value = x
    for factor in parameters { value = try matrixProduct(value, factor) }
    return value
  }
}

/// The factorisation W = W_N ⋯ W₂ W₁ of an n × m matrix through inner dimensions of size r (Arora et al. 2019): W₁ is [r, m], W_N
/// is [n, r], those between are [r, r].
public struct MatrixFactorization: EffectiveModel, ParameterFunction {
  let rows: Int
  let columns: Int
  let depth: Int
  let rank: Int

  /// - Parameters:
  ///   - rows: n.
  ///   - columns: m.
  ///   - depth: N ≥ 1, the number of factors.
  ///   - rank: r, min(n, m) unless given.
  public init(_ rows: Int, _ columns: Int, depth: Int = 2, rank: Int? = nil) {
    precondition(depth >= 1, "a factorisation has at least one factor")
    self.rows = rows
    self.columns = columns
    self.depth = depth
    self.rank = rank ?? min(rows, columns)
  }

  /// The list of W₁, …, W_N.
  public var structure: ParameterStructure {
    let sizes = [columns] + [Int](repeating: rank, count: depth - 1) + [rows]
    return .list(
      zip(sizes, sizes.dropFirst()).map {
        .parameter(Parameter(shape: [$1, $0], role: .weight, fanIn: $0, fanOut: $1))
      })
  }

  /// W: [n, m].
  public func effective(_ parameters: ArraySlice<Tensor>) throws(TensorError) -> Tensor {
    try chain(parameters) { (product, factor) throws(TensorError) in try matrixProduct(factor, product) }
  }

  /// W: [n, m].
  public func callAsFunction(_ parameters: ArraySlice<Tensor>) throws(TensorError) -> Tensor { try effective(parameters) }

  /// W x for each example: x [..., m] gives [..., n].
  public func callAsFunction(_ parameters: ArraySlice<Tensor>, _ x: Tensor, _ context: inout LayerContext) throws(TensorError)
    -> Tensor
  {
    try requireWidth(x, columns, "matrix_factorization")
    return try matrixProduct(x, effective(parameters).matrixTransposed())
  }
}
