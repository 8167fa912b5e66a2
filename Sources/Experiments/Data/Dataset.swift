import Arrays

/// Labelled examples as the readers return them. Choosing, splitting and batching are Lua's (Bindings/Lua/Data), where a dataset may
/// have further fields.
public struct Dataset: Sendable {
  /// The inputs: float32 `[n, …]`, one example per index of the first dimension; images lie in [0, 1].
  public let x: NDArray
  /// The labels: int32 `[n]`, counted from 1.
  public let y: NDArray
  /// The number of classes; labels lie in 1...classes.
  public let classes: Int

  /// A dataset of these examples; `x` and `y` must have the same first size.
  public init(x: NDArray, y: NDArray, classes: Int) {
    precondition(x.rank >= 1 && y.rank == 1 && x.shape[0] == y.shape[0], "one label for each example")
    self.x = x
    self.y = y
    self.classes = classes
  }

  /// The number of examples.
  public var count: Int { y.shape[0] }
}
