import Autodiff

/// The loss L(x) = ½ xᵀ H x of parameters x: [d], whose gradient is H x and whose Hessian is H for a symmetric H.
public struct Quadratic: ParameterFunction {
  private let curvature: NDArray

  /// - Parameter curvature: H: [d, d], of which only the symmetric part counts, or [d], the diagonal of a diagonal one.
  /// - Throws: `TensorError.invalid` for another shape or no float dtype.
  public init(_ curvature: NDArray) throws(TensorError) {
    let shape = curvature.shape
    guard shape.rank == 1 || (shape.rank == 2 && shape[0] == shape[1]), curvature.dtype.isFloat else {
      throw .invalid(
        "quadratic", "expected H of shape [d, d], or [d] for a diagonal one, of floats, got \(curvature.dtype)\(shape)")
    }
    self.curvature = curvature
  }

  /// The vector x itself; it starts normal unless something else is said.
  public var structure: ParameterStructure {
    .parameter(Parameter(shape: [curvature.shape[0]], role: .weight, fanIn: curvature.shape[0], fanOut: 1, standard: .normal))
  }

  /// ½ xᵀ H x.
  public func callAsFunction(_ parameters: ArraySlice<Tensor>) throws(TensorError) -> Tensor {
    let x = parameters[parameters.startIndex]
    let H = Tensor(curvature)
    let image = curvature.shape.rank == 1 ? try H * x : try matrixProduct(H, x)
    return try 0.5 * (x * image).sum()
  }

  /// Refused: there is nothing that an input could be.
  public func callAsFunction(_ parameters: ArraySlice<Tensor>, _ x: Tensor, _ context: inout LayerContext) throws(TensorError)
    -> Tensor
  {
    throw .invalid("quadratic", "is a loss of its parameters alone and takes no input; call it as m(p)")
  }
}
