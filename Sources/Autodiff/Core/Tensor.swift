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
  package enum Content {
    case array(NDArray)
    case tracer(any Tracer)
  }

  package let content: Content

  /// The tensor of known numbers.
  @inline(__always) public init(_ array: NDArray) { content = .array(array) }

  @inline(__always) package init(_ tracer: any Tracer) { content = .tracer(tracer) }

  /// Shape and dtype.
  public var spec: Spec {
    switch content {
    case .array(let array): Spec(array.shape, array.dtype)
    case .tracer(let tracer): tracer.spec
    }
  }

  /// The sizes of the dimensions.
  public var shape: Shape {
    switch content {
    case .array(let array): array.shape
    case .tracer(let tracer): tracer.spec.shape
    }
  }

  /// The element type.
  public var dtype: DType {
    switch content {
    case .array(let array): array.dtype
    case .tracer(let tracer): tracer.spec.dtype
    }
  }

  /// The number of dimensions.
  public var rank: Int { shape.rank }

  /// The number of elements.
  public var count: Int { shape.elementCount }

  /// The numbers, when no transform is watching this value.
  public var array: NDArray? {
    if case .array(let array) = content { return array }
    return nil
  }

  /// Whether a transform is watching this value.
  public var isTraced: Bool { array == nil }

  /// The numbers as they are known now: under grad and jvp those of the primal.
  /// - Throws: `TensorError.unknownValue` inside vmap or compile, where one value stands for many.
  public func numbers(for operation: String) throws(TensorError) -> NDArray {
    var tensor = self
    while true {
      switch tensor.content {
      case .array(let array): return array
      case .tracer(let tracer):
        guard let beneath = tracer.primal else {
          throw .unknownValue(operation, transform: tracer.trace.name, advice: tracer.trace.advice)
        }
        tensor = beneath
      }
    }
  }
}
