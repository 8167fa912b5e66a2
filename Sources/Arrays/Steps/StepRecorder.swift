import CKernels

/// Writes steps down instead of running them: the operations of this target run on arrays whose memory does not exist yet.
///
/// Every block that an operation asks for becomes a `Block`: a range of addresses outside all memory, so that arithmetic with pointers works
/// and an operation that looked at elements would stop the process at once. Only operations that are made of steps alone may run under a
/// recorder; others are written down whole by `recordOutside`.
package final class StepRecorder {
  /// A block of memory to come.
  struct Block {
    let start: UInt
    let bytes: Int
  }

  /// Work between steps that is no kernel.
  struct Outside {
    let evaluate: ([NDArray]) throws(TensorError) -> [NDArray]
    let inputs: [NDArray]
    let outputs: [NDArray]
  }

  private(set) var steps: [Step] = []
  private(set) var complaints: [Int: Complaint] = [:]
  private(set) var outside: [Int: Outside] = [:]
  private(set) var blocks: [Block] = []
  // Above all user addresses of 48 bits, below the byte that ARM ignores.
  private var next: UInt = 0x0010_0000_0000_0000

  /// A recorder that has nothing yet.
  package init() {}

  /// An array of this layout whose memory does not exist yet; nil strides: packed.
  package func placeholder(_ shape: Shape, _ dtype: DType, strides: [Int]? = nil) -> NDArray {
    guard let strides, !shape.contains(0) else {
      return NDArray(storage: Storage(reserving: shape.elementCount * dtype.byteCount, in: self), dtype: dtype, shape: shape)
    }
    let reaches = zip(shape, strides).map { ($0 - 1) * $1 }
    let first = -reaches.reduce(0) { $0 + min(0, $1) }
    let bytes = (first + reaches.reduce(1) { $0 + max(0, $1) }) * dtype.byteCount
    return NDArray(
      storage: Storage(reserving: bytes, in: self), dtype: dtype, shape: shape, view: View(offset: first, strides: strides))
  }

  func reserve(_ bytes: Int) -> UnsafeMutableRawPointer {
    blocks.append(Block(start: next, bytes: bytes))
    defer { next += UInt((max(bytes, 1) + 4095) & ~4095) + 4096 }
    return UnsafeMutableRawPointer(bitPattern: next)!
  }

  func record(_ step: Step, _ complaint: Complaint?) {
    if let complaint { complaints[steps.count] = complaint }
    steps.append(step)
  }

  /// Writes down work that looks at numbers: `evaluate` will get the inputs and give arrays of the outputs' shapes and dtypes.
  package func recordOutside(
    _ inputs: [NDArray], _ outputs: [(Shape, DType)], _ evaluate: @escaping ([NDArray]) throws(TensorError) -> [NDArray]
  ) -> [NDArray] {
    let results = outputs.map { placeholder($0.0, $0.1) }
    outside[steps.count] = Outside(evaluate: evaluate, inputs: inputs, outputs: results)
    steps.append(Step(.outside))
    return results
  }

  /// The block that an address lies in, nil for memory that exists.
  func block(at address: UInt) -> Int? {
    guard let first = blocks.first, address >= first.start, address < next else { return nil }
    var (low, high) = (0, blocks.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if blocks[middle].start <= address { low = middle } else { high = middle }
    }
    return low
  }
}
