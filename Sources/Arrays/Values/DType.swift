import CKernels

/// The element type of a tensor. float32 is the default everywhere; bool is stored as one byte, 0 or 1.
public enum DType: UInt8, Hashable, Sendable, CaseIterable, CustomStringConvertible {
  case float32, float64, int32, bool

  /// Bytes an element takes in memory.
  public var byteCount: Int {
    switch self {
    case .float32, .int32: 4
    case .float64: 8
    case .bool: 1
    }
  }

  /// Whether derivatives exist for tensors of this type.
  public var isFloat: Bool { self == .float32 || self == .float64 }

  /// The name in Lua and in files: "float32", "float64", "int32", "bool".
  public var description: String {
    switch self {
    case .float32: "float32"
    case .float64: "float64"
    case .int32: "int32"
    case .bool: "bool"
    }
  }

  /// The type with this name, or nil.
  public init?(name: String) {
    guard let match = DType.allCases.first(where: { $0.description == name }) else { return nil }
    self = match
  }

  /// The type in which operands of both types meet: bool < int32 < float32 < float64.
  public func promoted(with other: DType) -> DType {
    func rank(_ type: DType) -> Int {
      switch type {
      case .bool: 0
      case .int32: 1
      case .float32: 2
      case .float64: 3
      }
    }
    return rank(self) >= rank(other) ? self : other
  }

  var kernel: ebb_dtype {
    switch self {
    case .float32: .EBB_F32
    case .float64: .EBB_F64
    case .int32: .EBB_I32
    case .bool: .EBB_BOOL
    }
  }
}

/// A Swift type whose values can be the elements of a tensor.
public protocol Element: BitwiseCopyable, Sendable {
  /// The tensor type that stores values of this Swift type.
  static var dtype: DType { get }
}

extension Float: Element {
  /// float32
  public static var dtype: DType { .float32 }
}
extension Double: Element {
  /// float64
  public static var dtype: DType { .float64 }
}
extension Int32: Element {
  /// int32
  public static var dtype: DType { .int32 }
}
extension Bool: Element {
  /// bool
  public static var dtype: DType { .bool }
}
