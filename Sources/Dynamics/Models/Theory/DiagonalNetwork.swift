import Autodiff

/// The diagonal linear network x ↦ ⟨β, x⟩ with β = w^L, or β = u^L − v^L when signed, powers element by element (Woodworth et al. 2020).
///
/// Its loss in β is that of linear regression; the parametrisation decides where gradient descent goes.
public struct DiagonalNetwork: EffectiveModel {
  let width: Int
  let depth: Int
  let isSigned: Bool

  /// - Parameters:
  ///   - width: d, the size of an input.
  ///   - depth: L ≥ 1.
  ///   - signed: whether β may be negative: parameters u and v instead of w.
  public init(width: Int, depth: Int = 2, signed: Bool = false) {
    precondition(depth >= 1, "a diagonal network has at least one layer")
    self.width = width
    self.depth = depth
    isSigned = signed
  }

  /// `{ w = [d] }`, or `{ u = [d], v = [d] }` when signed; they start constant unless something else is said.
  public var structure: ParameterStructure {
    let vector = ParameterStructure.parameter(
      Parameter(shape: [width], role: .weight, fanIn: width, fanOut: 1, standard: .constant))
    return .named(isSigned ? [("u", vector), ("v", vector)] : [("w", vector)])
  }

  /// β: [d].
  public func effective(_ parameters: ArraySlice<Tensor>) throws(TensorError) -> Tensor {
    let first = try power(parameters[parameters.startIndex])
    return isSigned ? try first - power(parameters[parameters.startIndex + 1]) : first
  }

  /// ⟨β, x⟩ for each example: x [..., d] gives [...].
  public func callAsFunction(_ parameters: ArraySlice<Tensor>, _ x: Tensor, _ context: inout LayerContext) throws(TensorError)
    -> Tensor
  {
    try requireWidth(x, width, "diagonal")
    return try matrixProduct(x, effective(parameters))
  }

  // By squaring: products alone, so that derivatives of every order are polynomials, at 0 and below it too.
  private func power(_ x: Tensor) throws(TensorError) -> Tensor {
    var (result, factor, rest): (Tensor?, Tensor, Int) = (nil, x, depth)
    while true {
      if rest % 2 == 1 {
        if let known = result { result = try known * factor } else { result = factor }
      }
      rest /= 2
      if rest == 0 { return result! }
      factor = try square(factor)
    }
  }
}
