import Arrays

/// An endless stream of minibatches, epoch after epoch: the data cursor of a run.
///
/// A value: a copy continues from the same place with the same batches, which is how a run forks and rewinds. The order of an epoch
/// is a permutation drawn from the generator when the epoch begins.
public struct Batches: Sendable {
  /// What batches are taken from.
  public let data: Dataset
  /// Examples in a batch; the last one of an epoch has fewer when the size does not divide the number of examples.
  public let size: Int
  /// Whether every epoch has an order of its own; otherwise it is the dataset's.
  public let shuffle: Bool
  /// Whether a last batch with fewer examples is left out.
  public let dropLast: Bool
  /// How many epochs have ended.
  public private(set) var epoch = 0
  /// Examples of this epoch already given.
  public private(set) var position = 0
  private var generator: Generator
  private var order: NDArray?

  /// A stream at the beginning of the first epoch.
  /// - Throws: `TensorError.invalid` when no batch could ever be made.
  public init(
    _ data: Dataset, size: Int, shuffle: Bool = true, dropLast: Bool = false, generator: Generator
  ) throws(TensorError) {
    guard size >= 1 else { throw .invalid("batches", "the size must be at least 1, got \(size)") }
    guard data.count > 0 else { throw .invalid("batches", "the dataset has no examples") }
    guard !dropLast || size <= data.count else {
      throw .invalid("batches", "size \(size) is more than the \(data.count) examples, and drop_last leaves no batch")
    }
    self.data = data
    self.size = size
    self.shuffle = shuffle
    self.dropLast = dropLast
    self.generator = generator
  }

  /// Batches in an epoch.
  public var count: Int { dropLast ? data.count / size : (data.count + size - 1) / size }

  /// Whether the next batch is the first of an epoch.
  public var isAtStart: Bool { position == 0 }

  /// The next batch, and which examples it holds (int32, counted from 0); after the last of an epoch the next epoch begins.
  public mutating func next() throws(TensorError) -> (data: Dataset, index: NDArray) {
    if position == 0, shuffle { order = try generator.permutation(data.count) }
    let range = position..<min(position + size, data.count)
    let batch: Dataset
    let index: NDArray
    if let order {
      index = order.sliced(starts: [range.lowerBound], counts: [range.count], steps: [1])
      batch = try data.selecting(index)
    } else {
      index = try .sequence(range.count, from: Double(range.lowerBound), by: 1, .int32)
      batch = data.rows(range)
    }
    position = range.upperBound
    if data.count - position < (dropLast ? size : 1) {
      position = 0
      epoch += 1
    }
    return (batch, index)
  }
}
