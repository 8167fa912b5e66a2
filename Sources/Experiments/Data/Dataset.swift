import Arrays

/// Labelled examples: what `eb.data` returns and batches are taken from.
public struct Dataset: Sendable {
  /// The inputs: float32 `[n, …]`, one example per index of the first dimension; images lie in [0, 1].
  public let x: NDArray
  /// The labels: int32 `[n]`, counted from 1.
  public let y: NDArray
  /// The number of classes; labels lie in 1...classes.
  public let classes: Int

  /// The number of examples.
  public var count: Int { y.count }
}
