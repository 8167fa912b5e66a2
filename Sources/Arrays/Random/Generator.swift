import CKernels

/// A stream of random numbers: Philox4x32-10 (Salmon et al. 2011) on a key and a count of draws.
///
/// Element i of a draw depends on (key, number of the draw, i) alone, so a stream never depends on who else drew, nor on threads. A
/// generator is a value: copying it repeats its future, `split` gives independent ones.
public struct Generator: Hashable, Sendable {
  /// What tells this stream from others.
  public private(set) var key: UInt64
  /// How many draws were made.
  public private(set) var draws: UInt64 = 0

  /// A stream named by a seed. Nearby seeds give unrelated keys.
  public init(seed: UInt64) { key = Generator.mix(seed, with: 0x5EED) }

  /// The stream with this key after this many draws, as it was saved.
  public init(key: UInt64, draws: UInt64 = 0) {
    self.key = key
    self.draws = draws
  }

  /// One of many streams that belong to a seed, for things that are counted: the same for the same three numbers.
  public init(seed: UInt64, purpose: UInt64, index: UInt64) {
    key = Generator.mix(Generator.mix(Generator.mix(seed, with: 0x5EED), with: purpose &+ 1), with: index &+ 1)
  }

  // One Philox block turns (word, purpose) into a key that has nothing in common with its neighbours'.
  private static func mix(_ word: UInt64, with purpose: UInt64) -> UInt64 {
    let counter = (UInt32(truncatingIfNeeded: word), UInt32(word >> 32), UInt32(0), UInt32(0))
    let key = (UInt32(truncatingIfNeeded: purpose), UInt32(purpose >> 32))
    var out = (UInt32(0), UInt32(0), UInt32(0), UInt32(0))
    withUnsafeBytes(of: counter) { counter in
      withUnsafeBytes(of: key) { key in
        withUnsafeMutableBytes(of: &out) { out in
          ebb_philox4x32(
            counter.bindMemory(to: UInt32.self).baseAddress!, key.bindMemory(to: UInt32.self).baseAddress!,
            out.bindMemory(to: UInt32.self).baseAddress!)
        }
      }
    }
    return UInt64(out.0) | UInt64(out.1) << 32
  }

  private mutating func nextDraw() -> UInt64 {
    defer { draws += 1 }
    return draws
  }

  /// `count` independent streams; advances this one by a draw, so that a second split gives others.
  public mutating func split(_ count: Int) -> [Generator] {
    let draw = nextDraw()
    return (0..<count).map { Generator(key: Generator.mix(Generator.mix(key, with: draw), with: UInt64($0) + 1)) }
  }

  /// Values uniform in [0, 1) with 24 (float32) or 53 (float64) random bits.
  public mutating func uniform(_ shape: Shape, _ dtype: DType) throws(TensorError) -> NDArray {
    guard dtype.isFloat else { throw .dtype("rand", got: dtype, expected: "float32 or float64") }
    let result = try NDArray(uninitialized: shape, dtype)
    ebb_random_uniform(dtype.kernel, key, nextDraw(), Int64(shape.elementCount), result.storage.base)
    return result
  }

  /// Standard normal values (Box–Muller in the working precision).
  public mutating func normal(_ shape: Shape, _ dtype: DType) throws(TensorError) -> NDArray {
    guard dtype.isFloat else { throw .dtype("randn", got: dtype, expected: "float32 or float64") }
    let result = try NDArray(uninitialized: shape, dtype)
    ebb_random_normal(dtype.kernel, key, nextDraw(), Int64(shape.elementCount), result.storage.base)
    return result
  }

  /// Whole numbers uniform in `range`, as int32; the bias of the multiply-shift is below 2^-32.
  public mutating func integers(_ shape: Shape, in range: ClosedRange<Int32>) throws(TensorError) -> NDArray {
    let words = words(shape.elementCount)
    let width = UInt64(Int64(range.upperBound) - Int64(range.lowerBound) + 1)
    return try NDArray(shape: shape, of: Int32.self) { buffer in
      for i in buffer.indices {
        buffer[i] = Int32(Int64(range.lowerBound) + Int64(words[i].multipliedFullWidth(by: width).high))
      }
    }
  }

  /// The numbers 0..<count in random order (Fisher–Yates), as int32.
  public mutating func permutation(_ count: Int) throws(TensorError) -> NDArray {
    let words = words(count)
    return try NDArray(shape: [count], of: Int32.self) { buffer in
      for i in buffer.indices {
        // The inside-out shuffle: i goes to a random place of 0...i, what stood there moves to i.
        let j = Int(words[i].multipliedFullWidth(by: UInt64(i) + 1).high)
        if j != i { buffer[i] = buffer[j] }
        buffer[j] = Int32(i)
      }
    }
  }

  /// `count` random 64-bit words.
  package mutating func words(_ count: Int) -> [UInt64] {
    let draw = nextDraw()
    let halves = [UInt32](unsafeUninitializedCapacity: 2 * count) { buffer, size in
      if let base = buffer.baseAddress { ebb_random_bits(key, draw, Int64(2 * count), base) }
      size = 2 * count
    }
    return (0..<count).map { UInt64(halves[2 * $0]) | UInt64(halves[2 * $0 + 1]) << 32 }
  }
}
