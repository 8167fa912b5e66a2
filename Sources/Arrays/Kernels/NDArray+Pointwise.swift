import CKernels

/// One pointwise operation of the C list (`pointwise.def`).
public typealias PointwiseCode = ebb_op

extension ebb_op {
  /// The operation's name in the list.
  public var name: String { String(cString: ebb_op_name(self)) }

  /// How many operands the operation takes.
  public var arity: Int { Int(ebb_op_arity(self)) }

  /// All operations, in the order of the list.
  public static var all: [ebb_op] { (0..<UInt8(ebb_op_count())).map { ebb_op(rawValue: $0)! } }

  /// Whether the result is bool whatever the operands are.
  public var isPredicate: Bool {
    switch self {
    case .lt, .le, .gt, .ge, .eq, .ne, .isnan, .isinf, .isfinite: true
    default: false
    }
  }

  /// Whether operands of this type (for select: its branches) can be computed.
  public func supports(_ dtype: DType) -> Bool { ebb_op_supports(self, dtype.kernel) }

  /// Shape and dtype of the result, or what does not fit and why.
  package func outcome(_ a: (Shape, DType), _ b: (Shape, DType)? = nil, _ c: (Shape, DType)? = nil) throws(TensorError) -> (
    Shape, DType
  ) {
    var shape = a.0
    var dtype = a.1
    if let b { shape = try shape.broadcast(with: b.0, operation: name) }
    if let c { shape = try shape.broadcast(with: c.0, operation: name) }
    if self == .select, let b, let c {
      guard a.1 == .bool else { throw .dtype(name, got: a.1, expected: "a bool condition") }
      guard b.1 == c.1 else { throw .invalid(name, "the branches differ in dtype: \(b.1) and \(c.1)") }
      dtype = b.1
    } else if let b, b.1 != a.1 {
      throw .invalid(name, "the operands differ in dtype: \(a.1) and \(b.1)")
    }
    guard supports(dtype) else { throw .dtype(name, got: dtype, expected: supports(.bool) ? "bool" : "a number type") }
    return (shape, isPredicate ? .bool : dtype)
  }
}

extension NDArray {
  /// `code(a)`, element by element.
  public static func pointwise(_ code: PointwiseCode, _ a: NDArray) throws(TensorError) -> NDArray {
    if let result = try withUnsafePointer(to: a, { (a) throws(TensorError) in try immediate(code, a, nil) }) { return result }
    let (shape, dtype) = try code.outcome((a.shape, a.dtype))
    let result = try NDArray(uninitialized: shape, dtype)
    try run(code, a.dtype, into: result, a)
    return result
  }

  /// `code(a, b)`, element by element with broadcasting; both have the same dtype.
  public static func pointwise(_ code: PointwiseCode, _ a: NDArray, _ b: NDArray) throws(TensorError) -> NDArray {
    let small = try withUnsafePointer(to: a) { (a) throws(TensorError) in
      try withUnsafePointer(to: b) { (b) throws(TensorError) in try immediate(code, a, b) }
    }
    if let small { return small }
    let (shape, dtype) = try code.outcome((a.shape, a.dtype), (b.shape, b.dtype))
    let result = try NDArray(uninitialized: shape, dtype)
    try run(code, a.dtype, into: result, a, b)
    return result
  }

  /// Small packed operands of one shape and dtype, or one of them a 0-d array: the inner loop is called at once. Nil for all others,
  /// also for those that are an error. Operands come by address, so that none of their references is counted.
  package static func immediate(_ code: PointwiseCode, _ a: UnsafePointer<NDArray>, _ b: UnsafePointer<NDArray>?)
    throws(TensorError) -> NDArray?
  {
    guard a.pointee.view == nil, code != .select, let loop = ebb_pointwise_loop(code, a.pointee.dtype.kernel) else { return nil }
    var shape = a.pointee.shape
    var (stepA, stepB): (Int64, Int64) = (1, 0)
    if let b {
      guard b.pointee.view == nil, b.pointee.dtype == a.pointee.dtype else { return nil }
      if b.pointee.shape == shape {
        stepB = 1
      } else if shape == .scalar {
        (shape, stepA, stepB) = (b.pointee.shape, 0, 1)
      } else if b.pointee.shape != .scalar {
        return nil
      }
    }
    let count = shape.elementCount
    guard count <= tiny else { return nil }
    let result = try NDArray(uninitialized: shape, code.isPredicate ? .bool : a.pointee.dtype)
    guard result.storage.exists else { return nil }
    loop(Int64(count), result.storage.base, a.pointee.storage.base, stepA, b?.pointee.storage.base, stepB, nil, 0)
    return result
  }

  /// The same for a float array and a number, which takes its dtype; `isFirst`: the number is the left operand.
  package static func immediate(_ code: PointwiseCode, _ a: UnsafePointer<NDArray>, number: Double, isFirst: Bool)
    throws(TensorError) -> NDArray?
  {
    let dtype = a.pointee.dtype
    let count = a.pointee.shape.elementCount
    guard a.pointee.view == nil, dtype.isFloat, count <= tiny, let loop = ebb_pointwise_loop(code, dtype.kernel) else { return nil }
    let result = try NDArray(uninitialized: a.pointee.shape, code.isPredicate ? .bool : dtype)
    var operand = dtype == .float32 ? UInt64(Float(number).bitPattern) : number.bitPattern
    withUnsafeBytes(of: &operand) { bytes in
      let (x, y) = (UnsafeRawPointer(a.pointee.storage.base), bytes.baseAddress)
      loop(Int64(count), result.storage.base, isFirst ? y : x, isFirst ? 0 : 1, isFirst ? x : y, isFirst ? 1 : 0, nil, 0)
    }
    return result
  }

  /// `condition ? a : b`, element by element with broadcasting.
  public static func select(_ condition: NDArray, _ a: NDArray, _ b: NDArray) throws(TensorError) -> NDArray {
    let (shape, dtype) = try PointwiseCode.select.outcome(
      (condition.shape, condition.dtype), (a.shape, a.dtype), (b.shape, b.dtype))
    let result = try NDArray(uninitialized: shape, dtype)
    try run(.select, dtype, into: result, condition, a, b)
    return result
  }

  // Below this many elements the general traversal costs more than the work.
  private static let tiny = 4096

  private static func run(
    _ code: PointwiseCode, _ dtype: DType, into result: NDArray, _ a: NDArray, _ b: NDArray? = nil, _ c: NDArray? = nil
  ) throws(TensorError) {
    var step = Step(.pointwise, dtype)
    step.op = code.rawValue
    step.setSizes(result.shape)
    step.out.0 = result.storage.base
    step.setOperand(0, a, broadcastTo: result.shape)
    if let b { step.setOperand(1, b, broadcastTo: result.shape) }
    if let c { step.setOperand(2, c, broadcastTo: result.shape) }
    try Engine.current.perform(&step)
  }
}
