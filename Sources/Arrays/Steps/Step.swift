import CKernels

/// A call of a kernel as a value. Every operation of this target makes steps and hands them to `Engine.perform`, which runs them at
/// once, or writes them down when a plan is being made.
typealias Step = ebb_step

/// What a step that refused a value says; the step has its true addresses then.
typealias Complaint = @Sendable (Step) -> TensorError

extension ebb_step {
  init(_ kernel: ebb_kernel, _ dtype: DType = .float32) {
    self.init()
    self.kernel = kernel
    self.dtype = dtype.kernel
    width = Int32(dtype.byteCount)
  }

  /// The sizes of the dimensions, or whatever counts the kernel takes.
  mutating func setSizes(_ values: some Collection<Int>) {
    rank = Int32(values.count)
    withUnsafeMutableBytes(of: &sizes) { bytes in
      let out = bytes.assumingMemoryBound(to: Int64.self)
      for (axis, value) in values.enumerated() { out[axis] = Int64(value) }
    }
  }

  /// The strides of operand `index`, one for each of the step's dimensions.
  mutating func setStrides(_ index: Int, _ values: some Collection<Int>) {
    withUnsafeMutableBytes(of: &strides) { bytes in
      let out = bytes.assumingMemoryBound(to: Int64.self)
      for (axis, value) in values.enumerated() { out[index * Shape.maximumRank + axis] = Int64(value) }
    }
  }

  /// Makes `array`, broadcast to `target`, the operand `index`.
  mutating func setOperand(_ index: Int, _ array: NDArray, broadcastTo target: Shape) {
    let data = UnsafeRawPointer(array.pointer)
    switch index {
    case 0: `in`.0 = data
    case 1: `in`.1 = data
    default: `in`.2 = data
    }
    let shift = target.rank - array.rank
    let (shape, view) = (array.shape, array.view)
    withUnsafeMutableBytes(of: &strides) { bytes in
      let out = bytes.assumingMemoryBound(to: Int64.self)
      let first = index * Shape.maximumRank + shift
      var step = 1
      for axis in stride(from: shape.rank - 1, through: 0, by: -1) {
        if shape[axis] == target[axis + shift] { out[first + axis] = Int64(view?.strides[axis] ?? step) }
        step &*= shape[axis]
      }
    }
  }
}

extension Engine {
  /// Runs a step now, or writes it down while a plan is being made.
  /// - Parameter complaint: the error for a value that the kernel refuses.
  @inline(__always)
  func perform(_ step: inout Step, _ complaint: Complaint? = nil) throws(TensorError) {
    if let recorder {
      recorder.record(step, complaint)
      return
    }
    let status = ebb_run_step(&step, control)
    if status != EBB_OK { throw Engine.failure(status, step, complaint) }
  }

  /// The error that a status stands for.
  static func failure(_ status: Int32, _ step: Step, _ complaint: Complaint?) -> TensorError {
    guard status == EBB_BAD_VALUE, let complaint else { return .interrupted }
    return complaint(step)
  }
}
