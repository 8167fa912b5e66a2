@_exported import Arrays

/// Shape and dtype: all that is known of a value before it is computed.
public struct Spec: Hashable, Sendable, CustomStringConvertible {
  /// The sizes of the dimensions.
  public var shape: Shape
  /// The element type.
  public var dtype: DType

  /// A spec with the given shape and dtype.
  public init(_ shape: Shape, _ dtype: DType) {
    self.shape = shape
    self.dtype = dtype
  }

  /// `float32[2, 3]`
  public var description: String { "\(dtype)\(shape)" }
}

/// A tensor: either numbers, or a tracer that stands for numbers while a transform runs.
///
/// Code written with tensors never asks which: every operation goes through `bind`, which hands it to the newest trace among its
/// operands, or computes at once when there is none. The struct stays within 64 bytes and is copied freely.
public struct Tensor {
  /// The numbers, when no transform is watching this value. The first field, which `immediate` relies on.
  public let array: NDArray?
  /// What stands for the numbers otherwise: exactly one of the two is there.
  package let tracer: Tracer?

  /// The tensor of known numbers.
  @inline(__always) public init(_ array: NDArray) {
    self.array = array
    tracer = nil
  }

  @inline(__always) package init(_ tracer: Tracer) {
    array = nil
    self.tracer = tracer
  }

  /// Shape and dtype.
  public var spec: Spec { array.map { Spec($0.shape, $0.dtype) } ?? tracer!.spec }

  /// The sizes of the dimensions.
  public var shape: Shape { array?.shape ?? tracer!.spec.shape }

  /// The element type.
  public var dtype: DType { array?.dtype ?? tracer!.spec.dtype }

  /// The number of dimensions.
  public var rank: Int { shape.rank }

  /// The number of elements.
  public var count: Int { shape.elementCount }

  /// Whether it stands for a number of the host's language, such as the counter of a loop: it takes the dtype of a tensor it meets.
  package var isNumber: Bool { tracer?.isNumber ?? false }

  /// Whether a transform is watching this value.
  public var isTraced: Bool { tracer != nil }

  /// The value beneath all transforms that know it, which are derivatives and recordings that compute; lanes and other recordings stay.
  var bare: Tensor {
    if let beneath = tracer?.bare { return beneath }
    return self
  }

  /// The bytes of the storages it keeps alive that nobody has claimed yet, also through tracers; see `NDArray.claimBytes`.
  @inline(__always) package func claimBytes() -> Int { array?.claimBytes() ?? tracer!.claimBytes() }

  /// The numbers as they are known now: under grad and jvp those of the primal.
  /// - Throws: `TensorError.unknownValue` inside vmap or compile, where one value stands for many; `donated` where there are no numbers
  ///   any more.
  public func numbers(for operation: String) throws(TensorError) -> NDArray {
    var tensor = self
    while let tracer = tensor.tracer {
      guard let beneath = tracer.primal else {
        throw tracer.trace.unknown(operation)
      }
      tensor = beneath
    }
    return tensor.array!
  }
}
