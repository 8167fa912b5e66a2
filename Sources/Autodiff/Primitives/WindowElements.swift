/// What is read off sliding windows, and positions along rows, through which derivatives pass a maximum.

/// The largest element of every window of planes [.., height, width], and its int32 position in the plane: [.., rows, columns] both. The
/// first of equal elements has the whole derivative, as in JAX's and PyTorch's pooling; every window has an element inside the plane.
struct WindowMaximum: Primitive {
  let windows: Windows
  var name: String { "maxpool2d" }
  var isMadeOfSteps: Bool { true }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] {
    let shape = try windows.outcome(of: x[0], windows.plane, windows.counts, name)
    guard windows.plane.reduce(1, *) <= Int(Int32.max) else {
      throw .invalid(name, "a plane has more than 2^31 - 1 places: \(x[0].shape)")
    }
    return [Spec(shape, x[0].dtype), Spec(shape, .int32)]
  }
  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] {
    let (values, positions) = try x[0].windowMaxima(windows)
    return [values, positions]
  }
  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    guard let dx = dx[0] else { return [nil, nil] }
    func flat(_ shape: Shape) -> Shape { Shape(shape.dropLast(2) + [shape.suffix(2).reduce(1, *)]) }
    let rows = try dx.reshaped(flat(dx.shape))
    return [try rows.taking(y[1].reshaped(flat(y[1].shape))).reshaped(y[0].shape), nil]
  }
  func batch(_ x: [Tensor], _ isBatched: [Bool], lanes: Int) throws(TensorError) -> [Tensor] { try bind(self, x) }
}

/// The sum of every window, padding as 0: planes [.., height, width] to [.., rows, columns].
struct WindowSum: LinearPrimitive {
  let windows: Windows
  var name: String { "avgpool2d" }
  var isMadeOfSteps: Bool { true }

  func outcome(of x: Spec) throws(TensorError) -> Spec {
    Spec(try windows.outcome(of: x, windows.plane, windows.counts, name), x.dtype)
  }
  func evaluate(_ x: NDArray) throws(TensorError) -> NDArray { try x.windowSums(windows) }
  func transpose(_ ct: Tensor, of x: Spec) throws(TensorError) -> Tensor { try bind(WindowSpread(windows: windows), ct) }
  func batch(_ x: Tensor, lanes: Int) throws(TensorError) -> Tensor { try bind(self, x) }
}

/// The adjoint of `WindowSum`: every element of a plane is the sum over the windows that contain it.
struct WindowSpread: LinearPrimitive {
  let windows: Windows
  var name: String { "avgpool2d" }
  var isMadeOfSteps: Bool { true }

  func outcome(of x: Spec) throws(TensorError) -> Spec {
    Spec(try windows.outcome(of: x, windows.counts, windows.plane, name), x.dtype)
  }
  func evaluate(_ x: NDArray) throws(TensorError) -> NDArray { try x.windowSpread(windows) }
  func transpose(_ ct: Tensor, of x: Spec) throws(TensorError) -> Tensor { try bind(WindowSum(windows: windows), ct) }
  func batch(_ x: Tensor, lanes: Int) throws(TensorError) -> Tensor { try bind(self, x) }
}

/// The elements of all windows of every plane, [.., height, width] to [.., kernel height · kernel width, rows · columns].
struct Unfold: LinearPrimitive {
  let windows: Windows
  var name: String { "unfold" }
  var isMadeOfSteps: Bool { true }

  func outcome(of x: Spec) throws(TensorError) -> Spec {
    Spec(try windows.outcome(of: x, windows.plane, windows.unfolded, name), x.dtype)
  }
  func evaluate(_ x: NDArray) throws(TensorError) -> NDArray { try x.unfolded(windows) }
  func transpose(_ ct: Tensor, of x: Spec) throws(TensorError) -> Tensor { try bind(Fold(windows: windows), ct) }
  func batch(_ x: Tensor, lanes: Int) throws(TensorError) -> Tensor { try bind(self, x) }
}

/// The adjoint of `Unfold`: every element of a plane is the sum of its places in the windows.
struct Fold: LinearPrimitive {
  let windows: Windows
  var name: String { "fold" }
  var isMadeOfSteps: Bool { true }

  func outcome(of x: Spec) throws(TensorError) -> Spec {
    Spec(try windows.outcome(of: x, windows.unfolded, windows.plane, name), x.dtype)
  }
  func evaluate(_ x: NDArray) throws(TensorError) -> NDArray { try x.folded(windows) }
  func transpose(_ ct: Tensor, of x: Spec) throws(TensorError) -> Tensor { try bind(Unfold(windows: windows), ct) }
  func batch(_ x: Tensor, lanes: Int) throws(TensorError) -> Tensor { try bind(self, x) }
}

extension Windows {
  /// The last two sizes of unfolded planes.
  fileprivate var unfolded: [Int] { [kernel.reduce(1, *), counts.reduce(1, *)] }

  /// The shape with the last two sizes replaced, checked to be floats that end in the sizes `expected`.
  fileprivate func outcome(of x: Spec, _ expected: [Int], _ sizes: [Int], _ operation: String) throws(TensorError) -> Shape {
    guard x.dtype.isFloat else { throw .dtype(operation, got: x.dtype, expected: "floats") }
    guard x.shape.rank >= 2, x.shape.suffix(2).elementsEqual(expected) else {
      throw .invalid(operation, "expected [.., \(expected[0]), \(expected[1])], got \(x.shape)")
    }
    return try .checked(x.shape.dropLast(2) + sizes, operation: operation)
  }
}
