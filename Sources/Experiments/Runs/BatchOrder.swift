import Arrays

/// Which examples make up the batch of each step of a run. It is a function of seed and step alone, so a run has no cursor to save: any
/// step can be taken again.
public struct BatchOrder: Sendable, Hashable {
  /// How many examples there are.
  public let count: Int
  /// How many make a batch; the last of an epoch may be smaller.
  public let size: Int
  /// Whether every epoch has an order of its own; else examples come as they lie.
  public let shuffles: Bool
  /// Whether an epoch ends before a batch that would be smaller.
  public let dropsLast: Bool

  /// - Parameters:
  ///   - count: at least 1.
  ///   - size: at least 1, and at most `count` if `dropsLast`.
  public init(count: Int, size: Int, shuffles: Bool = false, dropsLast: Bool = false) {
    precondition(count > 0 && size > 0 && (!dropsLast || size <= count), "an epoch has at least one batch")
    (self.count, self.size, self.shuffles, self.dropsLast) = (count, size, shuffles, dropsLast)
  }

  /// How many batches an epoch has.
  public var batchesPerEpoch: Int { dropsLast ? count / size : (count + size - 1) / size }

  /// The epoch of a step, from 0, and the examples' places in its order; the first step is 1.
  public func place(of step: Int) -> (epoch: Int, range: Range<Int>) {
    let (epoch, batch) = (step - 1).quotientAndRemainder(dividingBy: batchesPerEpoch)
    return (epoch, batch * size..<min(count, (batch + 1) * size))
  }

  /// The order of an epoch: int32 numbers of examples, from 0.
  public func examples(ofEpoch epoch: Int, seed: UInt64) throws(TensorError) -> NDArray {
    guard shuffles else { return try .sequence(count, from: 0, by: 1, .int32) }
    var generator = Generator(seed: seed, purpose: 2, index: UInt64(epoch))
    return try generator.permutation(count)
  }
}

/// The seed of a step's own random numbers.
public func stepSeed(_ seed: UInt64, step: Int) -> UInt64 {
  Generator(seed: seed, purpose: 1, index: UInt64(step)).key
}
