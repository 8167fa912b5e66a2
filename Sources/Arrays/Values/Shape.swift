/// The sizes of a tensor's dimensions, outermost first; at most 8 dimensions of up to 2^31 − 1 elements each.
///
/// Sizes are packed two to a word so that a shape is a plain value: no allocation when a tensor is made, and equality is four
/// comparisons.
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral {
  private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
  private var dimensions: UInt8 = 0

  /// The largest number of dimensions, lanes of vmap included.
  public static let maximumRank = 8

  /// The shape of a single number.
  public static let scalar = Shape()

  private init() {}

  /// A shape with the given sizes. Traps when there are more than 8 or one is negative: user input goes through `checked`.
  public init(_ sizes: some Collection<Int>) {
    precondition(sizes.count <= Shape.maximumRank, "a shape has at most 8 dimensions")
    dimensions = UInt8(sizes.count)
    var axis = 0
    for size in sizes {
      self[axis] = size
      axis += 1
    }
  }

  /// A shape written as an array literal.
  public init(arrayLiteral elements: Int...) { self.init(elements) }

  /// A shape from user input.
  /// - Throws: `TensorError.invalid` for more than 8 dimensions, a size that is negative or above 2^31 − 1, or more than 2^48
  ///   elements.
  public static func checked(_ sizes: [Int], operation: String) throws(TensorError) -> Shape {
    guard sizes.count <= maximumRank else {
      throw .invalid(operation, "at most \(maximumRank) dimensions are possible, got \(sizes.count)")
    }
    for (axis, size) in sizes.enumerated() where size < 0 || size > Int(Int32.max) {
      throw .invalid(operation, "size \(size) of dimension \(axis + 1) must be between 0 and 2^31 - 1")
    }
    return try Shape(sizes).bounded(operation)
  }

  private func bounded(_ operation: @autoclosure () -> String) throws(TensorError) -> Shape {
    guard elementCount <= Shape.maximumCount else { throw .invalid(operation(), "the shape \(self) has more than 2^48 elements") }
    return self
  }

  /// The number of dimensions.
  public var rank: Int { Int(dimensions) }

  /// The number of elements: the product of the sizes; `Int.max` when it does not fit, which no allocation grants.
  public var elementCount: Int {
    var product = 1
    var overflows = false
    for axis in 0..<rank {
      let (partial, overflow) = product.multipliedReportingOverflow(by: self[axis])
      product = partial
      overflows = overflows || overflow
    }
    return overflows ? (contains(0) ? 0 : .max) : product
  }

  /// The most elements a tensor may have, stretched views included: positions and bytes stay far from overflow.
  public static let maximumCount = 1 << 48

  /// The size of a dimension, counted from 0.
  public subscript(axis: Int) -> Int {
    get {
      precondition(axis >= 0 && axis < Int(dimensions))
      let shift = UInt64(axis & 1) * 32
      let word =
        switch axis >> 1 {
        case 0: words.0
        case 1: words.1
        case 2: words.2
        default: words.3
        }
      return Int((word >> shift) & 0xFFFF_FFFF)
    }
    set {
      precondition(axis >= 0 && axis < Int(dimensions) && newValue >= 0 && newValue <= Int(Int32.max))
      let shift = UInt64(axis & 1) * 32
      let mask = ~(UInt64(0xFFFF_FFFF) << shift)
      let bits = UInt64(newValue) << shift
      switch axis >> 1 {
      case 0: words.0 = (words.0 & mask) | bits
      case 1: words.1 = (words.1 & mask) | bits
      case 2: words.2 = (words.2 & mask) | bits
      default: words.3 = (words.3 & mask) | bits
      }
    }
  }

  /// Equality of rank and every size.
  public static func == (a: Shape, b: Shape) -> Bool {
    a.dimensions == b.dimensions && a.words.0 == b.words.0 && a.words.1 == b.words.1 && a.words.2 == b.words.2
      && a.words.3 == b.words.3
  }

  /// Feeds rank and sizes to the hasher.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(dimensions)
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
    hasher.combine(words.3)
  }
}

extension Shape: RandomAccessCollection {
  /// 0.
  public var startIndex: Int { 0 }
  /// The rank.
  public var endIndex: Int { rank }
}

extension Shape: CustomStringConvertible {
  /// `[2, 3]`, as error messages and summaries write it.
  public var description: String { "[" + map(String.init).joined(separator: ", ") + "]" }
}

extension Shape {
  /// The shape with the dimension at `axis` taken out.
  public func removing(_ axis: Int) -> Shape { Shape(indices.filter { $0 != axis }.map { self[$0] }) }

  /// The shape with the given dimensions taken out.
  public func removing(_ axes: [Int]) -> Shape { Shape(indices.filter { !axes.contains($0) }.map { self[$0] }) }

  /// The shape with a dimension of `size` before position `axis`.
  public func inserting(_ size: Int, at axis: Int) -> Shape {
    var sizes = Array(self)
    sizes.insert(size, at: axis)
    return Shape(sizes)
  }

  /// The shape with one dimension's size replaced.
  public func replacing(_ axis: Int, with size: Int) -> Shape {
    var copy = self
    copy[axis] = size
    return copy
  }

  /// The shape with the given dimensions kept at size 1.
  public func keeping(_ axes: [Int]) -> Shape {
    var copy = self
    for axis in axes { copy[axis] = 1 }
    return copy
  }

  /// The shape to which both broadcast by NumPy's rule: sizes are aligned at the end, and a size of 1 stretches.
  /// - Throws: `TensorError.broadcast` when two sizes differ and neither is 1, `TensorError.invalid` for more than 2^48 elements.
  public func broadcast(with other: Shape, operation: @autoclosure () -> String) throws(TensorError) -> Shape {
    if self == other { return self }
    let longer = rank >= other.rank ? self : other
    let shorter = rank >= other.rank ? other : self
    var result = longer
    let shift = longer.rank - shorter.rank
    for axis in 0..<shorter.rank {
      let a = longer[axis + shift]
      let b = shorter[axis]
      if a == b || b == 1 { continue }
      guard a == 1 else { throw .broadcast(operation(), self, other) }
      result[axis + shift] = b
    }
    return try result.bounded(operation())
  }

  /// Strides of a row-major array of this shape, in elements.
  var contiguousStrides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    var product = 1
    for axis in stride(from: rank - 1, through: 0, by: -1) {
      strides[axis] = product
      product &*= self[axis]
    }
    return strides
  }
}
