/// Arithmetic in formulas: element-wise with NumPy broadcasting and dtype promotion; a Swift number takes the tensor's dtype.

extension Tensor {
  /// A 0-d tensor.
  public static func scalar(_ value: Double, _ dtype: DType) throws(TensorError) -> Tensor {
    Tensor(try .full(.scalar, value, dtype))
  }

  /// A 0-d tensor for a number that meets `tensor`: it takes the tensor's dtype.
  /// - Throws: `TensorError.invalid` when the dtype is int32 and the number is not a whole one in range.
  public static func number(_ value: Double, meeting tensor: Tensor, in operation: String) throws(TensorError) -> Tensor {
    if let tracer = tensor.tracer, tracer.isNumber, let record = tracer.trace as? RecordTrace { return try record.number(value) }
    guard !tensor.dtype.isFloat else { return try scalar(value, tensor.dtype) }
    guard let whole = Int32(exactly: value) else {
      throw .invalid(operation, "\(value) has no int32 value and the tensor is \(tensor.dtype) (use x:cast(\"float32\") first)")
    }
    return try scalar(Double(whole), .int32)
  }

  /// Zeros of the given shape and dtype.
  public static func zeros(_ spec: Spec) throws(TensorError) -> Tensor {
    // One stored zero stretched over the shape: symbolic zeros of large gradients cost nothing.
    Tensor(try NDArray.full(.scalar, 0, spec.dtype).broadcast(to: spec.shape))
  }

  /// A 0-d zero of the same dtype; it broadcasts wherever `x` stands.
  static func zero(like x: Tensor) throws(TensorError) -> Tensor { try scalar(0, x.dtype) }

  /// A 0-d one of the same dtype.
  static func one(like x: Tensor) throws(TensorError) -> Tensor { try scalar(1, x.dtype) }

  /// Element-wise sum.
  public static func + (a: Tensor, b: Tensor) throws(TensorError) -> Tensor { try arithmetic(.add, a, b) }
  /// Element-wise difference.
  public static func - (a: Tensor, b: Tensor) throws(TensorError) -> Tensor { try arithmetic(.sub, a, b) }
  /// Element-wise product.
  public static func * (a: Tensor, b: Tensor) throws(TensorError) -> Tensor { try arithmetic(.mul, a, b) }
  /// Element-wise quotient; int32 operands become floats first.
  public static func / (a: Tensor, b: Tensor) throws(TensorError) -> Tensor { try arithmetic(.div, a, b) }
  /// Element-wise negative.
  public static prefix func - (a: Tensor) throws(TensorError) -> Tensor { try unary(.neg, a) }

  static func + (a: Tensor, b: Double) throws(TensorError) -> Tensor { try arithmetic(.add, a, b) }
  static func + (a: Double, b: Tensor) throws(TensorError) -> Tensor { try arithmetic(.add, a, b) }
  static func - (a: Tensor, b: Double) throws(TensorError) -> Tensor { try arithmetic(.sub, a, b) }
  static func - (a: Double, b: Tensor) throws(TensorError) -> Tensor { try arithmetic(.sub, a, b) }
  /// A number times a tensor.
  public static func * (a: Double, b: Tensor) throws(TensorError) -> Tensor { try arithmetic(.mul, a, b) }
  static func / (a: Tensor, b: Double) throws(TensorError) -> Tensor { try arithmetic(.div, a, b) }
}

/// A pointwise operation on a tensor and a number, which takes its dtype. For few known floats no tensor is made of the number.
func arithmetic(_ code: PointwiseCode, _ a: Tensor, _ b: Double) throws(TensorError) -> Tensor {
  // The square has the bits of the power and a far simpler derivative.
  if code == .pow, b == 2, a.dtype.isFloat { return try unary(.square, a) }
  if let x = a.array {
    let small = try withUnsafePointer(to: x) { (x) throws(TensorError) in try NDArray.immediate(code, x, number: b, isFirst: false)
    }
    if let small { return Tensor(small) }
  }
  return try arithmetic(code, a, .number(b, meeting: a, in: code.name))
}

/// The same with the number as left operand.
func arithmetic(_ code: PointwiseCode, _ a: Double, _ b: Tensor) throws(TensorError) -> Tensor {
  if let x = b.array {
    let small = try withUnsafePointer(to: x) { (x) throws(TensorError) in try NDArray.immediate(code, x, number: a, isFirst: true) }
    if let small { return Tensor(small) }
  }
  return try arithmetic(code, .number(a, meeting: b, in: code.name), b)
}

/// A pointwise operation on two tensors of any dtypes: both are promoted first, and to a float where the operation needs one.
public func arithmetic(_ code: PointwiseCode, _ a: Tensor, _ b: Tensor) throws(TensorError) -> Tensor {
  if let x = a.array, let y = b.array, x.dtype == y.dtype, code.supports(x.dtype) {
    return Tensor(try .pointwise(code, x, y))
  }
  if a.isNumber || b.isNumber { return try arithmeticOfNumbers(code, a, b) }
  let (da, db) = (a.dtype, b.dtype)
  if da == db, code.supports(da) { return try bind(code, a, b) }
  var dtype = da.promoted(with: db)
  if !code.supports(dtype) { dtype = code.supports(.int32) ? .int32 : Engine.current.defaultFloat }
  return try bind(code, a.cast(to: dtype), b.cast(to: dtype))
}

// Numbers of the host's language stay what they are among themselves, and take the dtype of a tensor.
private func arithmeticOfNumbers(_ code: PointwiseCode, _ a: Tensor, _ b: Tensor) throws(TensorError) -> Tensor {
  if a.isNumber, b.isNumber {
    let result = try bind(code, a, b)
    if result.dtype.isFloat { result.tracer?.isNumber = true }
    return result
  }
  let met = a.isNumber ? b.dtype : a.dtype
  let dtype = met.isFloat ? met : Engine.current.defaultFloat
  return try bind(code, a.cast(to: dtype), b.cast(to: dtype))
}

/// A pointwise operation on one tensor, which becomes a float where the operation needs one.
public func unary(_ code: PointwiseCode, _ a: Tensor) throws(TensorError) -> Tensor {
  if code.supports(a.dtype) {
    let result = try bind(code, a)
    if a.isNumber, result.dtype.isFloat { result.tracer?.isNumber = true }
    return result
  }
  return try bind(code, a.cast(to: code.supports(.int32) ? .int32 : Engine.current.defaultFloat))
}

/// `??` whose default may throw a `TensorError`: the standard one loses the error's type.
func ?? (a: Tensor?, b: @autoclosure () throws(TensorError) -> Tensor) throws(TensorError) -> Tensor {
  if let a { return a }
  return try b()
}
