import CKernels

/// Numbers: a dtype, a shape, and a place in a storage that other arrays may share. A value: nothing changes it from outside.
///
/// The type owns construction, reading and views; every operation is an extension in `Kernels`, `LinearAlgebra` or `Random`.
public struct NDArray: Sendable {
  /// The sizes of the dimensions.
  public internal(set) var shape: Shape
  /// The element type.
  public let dtype: DType
  /// Whether in-place methods refuse this array: it came from indexing, and what was written to it would not reach its origin.
  package var isReadOnly = false
  var storage: Storage
  var view: View?

  init(storage: Storage, dtype: DType, shape: Shape, view: View? = nil) {
    self.storage = storage
    self.dtype = dtype
    self.shape = shape
    self.view = view
  }

  /// A new contiguous array with undefined elements, for a kernel to fill.
  init(uninitialized shape: Shape, _ dtype: DType) throws(TensorError) {
    let (bytes, overflow) = shape.elementCount.multipliedReportingOverflow(by: dtype.byteCount)
    self.init(storage: try Storage(bytes: overflow ? .max : bytes), dtype: dtype, shape: shape)
  }

  /// The number of elements.
  public var count: Int { shape.elementCount }
  /// The number of dimensions.
  public var rank: Int { shape.rank }
  /// Whether the elements follow each other in row-major order.
  public var isContiguous: Bool { view == nil }
  /// Bytes of the storage this array keeps alive.
  public var storageBytes: Int { storage.bytes }
  /// The bytes of the storage the first time any array over it is asked, afterwards 0.
  @inline(__always) package func claimBytes() -> Int { storage.claimBytes() }
  /// Whether the storage was made since the last recording of a whole function began.
  package var isNewborn: Bool { storage.birth == Engine.current.generation }
  /// An identity of the storage: equal for arrays that share it.
  package var storageIdentity: ObjectIdentifier { ObjectIdentifier(storage) }

  /// Whether nobody else can look at this array's memory, and all of it is in use: then it may be written over.
  mutating func isAlone() -> Bool { view == nil && storage.isOwn && isKnownUniquelyReferenced(&storage) }

  /// Elements to skip from one index to the next, for each dimension; 0 along broadcast dimensions.
  var strides: [Int] { view?.strides ?? shape.contiguousStrides }

  /// The address of the first element.
  @inline(__always) var pointer: UnsafeMutableRawPointer {
    guard let view else { return storage.base }
    return storage.base + view.offset * dtype.byteCount
  }
}

// MARK: - Construction

extension NDArray {
  /// An array with the given elements in row-major order; `elements.count` must be the product of the sizes.
  public init<E: Element>(_ elements: [E], shape: Shape) throws(TensorError) {
    precondition(elements.count == shape.elementCount, "as many elements as the shape has places")
    try self.init(uninitialized: shape, E.dtype)
    let target = storage.base
    elements.withUnsafeBytes { if let source = $0.baseAddress { target.copyMemory(from: source, byteCount: $0.count) } }
  }

  /// A 0-d array.
  public init<E: Element>(_ value: E) throws(TensorError) {
    try self.init(uninitialized: .scalar, E.dtype)
    storage.base.storeBytes(of: value, as: E.self)
  }

  /// An array filled with one value, converted to `dtype`.
  public static func full(_ shape: Shape, _ value: Double, _ dtype: DType) throws(TensorError) -> NDArray {
    let result = try NDArray(uninitialized: shape, dtype)
    var step = Step(.fill, dtype)
    step.setSizes(CollectionOfOne(shape.elementCount))
    step.value = value
    step.out.0 = result.storage.base
    try Engine.current.perform(&step)
    return result
  }

  /// `[start, start + step, …]` of `count` elements, computed in double precision.
  public static func sequence(_ count: Int, from start: Double, by step: Double, _ dtype: DType) throws(TensorError) -> NDArray {
    let result = try NDArray(uninitialized: [count], dtype)
    var call = Step(.iota, dtype)
    call.setSizes(CollectionOfOne(count))
    (call.value, call.step) = (start, step)
    call.out.0 = result.storage.base
    try Engine.current.perform(&call)
    return result
  }

  /// An array whose bytes are written by `fill`, which gets the buffer of a new contiguous array.
  package init<E: Element>(shape: Shape, of type: E.Type, fill: (UnsafeMutableBufferPointer<E>) -> Void) throws(TensorError) {
    try self.init(uninitialized: shape, E.dtype)
    fill(UnsafeMutableBufferPointer(start: storage.base.assumingMemoryBound(to: E.self), count: shape.elementCount))
  }
}

// MARK: - Reading

extension NDArray {
  /// The elements in row-major order. Traps when `E` is not the Swift type of `dtype`.
  public func elements<E: Element>(of type: E.Type = E.self) throws(TensorError) -> [E] {
    let packed = try contiguous()
    return packed.withElements(of: E.self) { Array($0) }
  }

  /// The elements in row-major order, converted to Double; bool gives 0 and 1.
  public func doubles() throws(TensorError) -> [Double] {
    switch dtype {
    case .float32: return try elements(of: Float.self).map(Double.init)
    case .float64: return try elements(of: Double.self)
    case .int32: return try elements(of: Int32.self).map(Double.init)
    case .bool: return try elements(of: Bool.self).map { $0 ? 1 : 0 }
    }
  }

  /// The elements' bytes in row-major order, for hashing and bitwise comparison.
  public func bytes() throws(TensorError) -> [UInt8] {
    let packed = try contiguous()
    return withExtendedLifetime(packed.storage) {
      Array(UnsafeRawBufferPointer(start: packed.pointer, count: count * dtype.byteCount))
    }
  }

  /// Calls `body` with the elements of a contiguous array. Traps when the array is a view or `E` is not its Swift type.
  package func withElements<E: Element, R>(of type: E.Type, _ body: (UnsafeBufferPointer<E>) -> R) -> R {
    precondition(isContiguous && E.dtype == dtype)
    let buffer = UnsafeBufferPointer(start: UnsafePointer(storage.base.assumingMemoryBound(to: E.self)), count: count)
    return withExtendedLifetime(storage) { body(buffer) }
  }

  /// The element at a row-major position, as a Double; bool gives 0 or 1.
  package func double(at position: Int) -> Double {
    var offset = 0
    if let view {
      var rest = position
      for axis in stride(from: rank - 1, through: 0, by: -1) {
        offset += rest % shape[axis] * view.strides[axis]
        rest /= shape[axis]
      }
    } else {
      offset = position
    }
    switch dtype {
    case .float32: return Double(pointer.load(fromByteOffset: 4 * offset, as: Float.self))
    case .float64: return pointer.load(fromByteOffset: 8 * offset, as: Double.self)
    case .int32: return Double(pointer.load(fromByteOffset: 4 * offset, as: Int32.self))
    case .bool: return pointer.load(fromByteOffset: offset, as: UInt8.self) == 0 ? 0 : 1
    }
  }
}
