import Autodiff
import Experiments

/// Where a run's batches come from: tensors with the examples along dimension 1, and the order in which they are taken.
struct BatchSource {
  /// The names of what a batch has, in the order of its tree: the fields of the data and `index`, the numbers of the examples from 1.
  let names: [String]
  /// nil takes all examples at every step.
  let order: BatchOrder?
  // In the order of the names; the place of the index is empty.
  private let fields: [NDArray?]
  private let all: NDArray?
  private var epoch: (number: Int, seed: UInt64, examples: NDArray)?

  init(fields: [String: NDArray], order: BatchOrder?, count: Int) throws(TensorError) {
    names = (Array(fields.keys) + ["index"]).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    self.order = order
    var packed: [NDArray?] = []
    for name in names { packed.append(try fields[name]?.contiguous()) }
    self.fields = packed
    all = order == nil ? try .sequence(count, from: 1, by: 1, .int32) : nil
  }

  /// The batch of a step of the run with this seed, in the order of the names.
  mutating func batch(_ step: Int, seed: UInt64) throws(TensorError) -> [NDArray] {
    guard let order else { return fields.map { $0 ?? all! } }
    let (number, range) = order.place(of: step)
    try enter(number, order, seed)
    return try examples(range)
  }

  /// How many steps from this one on have batches of full size in one epoch; nil when every batch is all there is.
  func fullBatches(from step: Int) -> Int? {
    guard let order else { return nil }
    return max(0, order.count / order.size - (step - 1) % order.batchesPerEpoch)
  }

  /// The batches of so many steps of one epoch, all of full size, in the order of the names, each with the steps along dimension 0.
  mutating func batches(_ count: Int, from step: Int, seed: UInt64) throws(TensorError) -> [NDArray] {
    let order = order!
    let (number, first) = order.place(of: step)
    try enter(number, order, seed)
    let range = first.lowerBound..<first.lowerBound + count * order.size
    return try examples(range).map { (array) throws(TensorError) in
      try array.reshaped(Shape([count, order.size] + array.shape.dropFirst()))
    }
  }

  private mutating func enter(_ number: Int, _ order: BatchOrder, _ seed: UInt64) throws(TensorError) {
    if epoch?.number == number, epoch?.seed == seed { return }
    epoch = (number, seed, try order.examples(ofEpoch: number, seed: seed))
  }

  // The examples at these places of the epoch.
  private func examples(_ range: Range<Int>) throws(TensorError) -> [NDArray] {
    let examples = epoch!.examples.sliced(starts: [range.lowerBound], counts: [range.count], steps: [1])
    var batch: [NDArray] = []
    for field in fields {
      guard let field else {
        batch.append(try (Tensor(examples) + .scalar(1, .int32)).array!)
        continue
      }
      if order!.shuffles {
        batch.append(try field.gathered(examples, axis: 0))
      } else {
        var (starts, counts) = ([Int](repeating: 0, count: field.rank), Array(field.shape))
        (starts[0], counts[0]) = (range.lowerBound, range.count)
        batch.append(try field.sliced(starts: starts, counts: counts, steps: counts.map { _ in 1 }).contiguous())
      }
    }
    return batch
  }
}
