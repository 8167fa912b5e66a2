import Autodiff

/// Multi-head self-attention (Vaswani et al. 2017) on x [.., length, width]: in each head softmax(q kᵀ/√d) v along the length, with
/// d = width / heads; the heads side by side go through a last linear map.
public struct Attention: Layer {
  let width: Int
  let heads: Int
  let isCausal: Bool
  let projection: Linear
  let hasBias: Bool

  /// - Parameters:
  ///   - width: numbers of a position; a multiple of `heads`.
  ///   - heads: how many heads share them.
  ///   - causal: whether a position sees itself and those before it alone.
  ///   - bias: whether the four linear maps have one.
  public init(_ width: Int, _ heads: Int, causal: Bool = false, bias: Bool = true) {
    precondition(width % heads == 0)
    (self.width, self.heads, isCausal, hasBias) = (width, heads, causal, bias)
    projection = Linear(width, width, bias: bias)
  }

  /// `{ key =, out =, query =, value = }`, each `{ bias = [width], weight = [width, width] }`
  public var structure: ParameterStructure {
    .named(["key", "out", "query", "value"].map { ($0, projection.structure) })
  }

  /// The shape of x.
  public func callAsFunction(_ parameters: ArraySlice<Tensor>, _ x: Tensor, _ context: inout LayerContext) throws(TensorError)
    -> Tensor
  {
    guard x.rank >= 2, x.shape[x.rank - 1] == width else {
      throw .invalid("attention", "expected [.., length, \(width)], got \(x.shape)")
    }
    let count = hasBias ? 2 : 1
    func part(_ place: Int, _ x: Tensor) throws(TensorError) -> Tensor {
      try projection(parameters.dropFirst(place * count).prefix(count), x)
    }
    let (length, size) = (x.shape[x.rank - 2], width / heads)
    let batch = Array(x.shape.dropLast(2))
    // [.., length, width] → [.., heads, length, size]
    func split(_ y: Tensor) throws(TensorError) -> Tensor {
      try y.reshaped(.checked(batch + [length, heads, size], operation: "attention")).movingAxis(x.rank - 1, to: x.rank - 2)
    }
    let (key, query, value) = (try split(part(0, x)), try split(part(2, x)), try split(part(3, x)))
    let scale = try Tensor.scalar(1 / Double(size).squareRoot(), query.dtype)
    var scores = try matrixProduct(query * scale, key.matrixTransposed())
    if isCausal {
      let positions = try Tensor(.sequence(length, from: 0, by: 1, .int32))
      let isPast = try lessOrEqual(positions, positions.reshaped([length, 1]))
      scores = try select(isPast, scores, .scalar(-.infinity, scores.dtype))
    }
    let mixed = try matrixProduct(scores.softmax(scores.rank - 1), value)
    return try part(1, mixed.movingAxis(x.rank - 2, to: x.rank - 1).reshaped(x.shape))
  }
}
