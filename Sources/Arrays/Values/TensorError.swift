/// What went wrong in a tensor operation: the cause is typed here, its sentence is written once, in `message`.
public enum TensorError: Error, Sendable {
  /// Two shapes that do not broadcast.
  case broadcast(_ operation: String, Shape, Shape)
  /// An argument that does not fit; the sentence says what came, what was expected and what to do.
  case invalid(_ operation: String, _ sentence: String)
  /// An element type the operation does not take.
  case dtype(_ operation: String, got: DType, expected: String)
  /// An index outside a dimension; counts from 1 as users do.
  case index(_ operation: String, index: Int, size: Int, dimension: Int)
  /// The tensor limit of the session is reached, or the machine has no more memory.
  case outOfMemory(requested: Int, live: Int, limit: Int)
  /// A matrix without the property the decomposition needs.
  case numerical(_ operation: String, _ sentence: String)
  /// A shared library that is missing on this machine.
  case library(_ operation: String, _ sentence: String)
  /// A value was used after the transform that made it had ended.
  case escapedTracer(_ operation: String)
  /// A value was asked for that is not known while the transform runs.
  case unknownValue(_ operation: String, transform: String, advice: String)
  /// The numbers of a tensor were given away as an argument of a compiled call; arguments count from 1.
  case donated(_ operation: String, argument: Int)
  /// A derivative or batching rule that does not exist in mathematics.
  case noRule(_ operation: String, _ sentence: String)
  /// The user interrupted the work.
  case interrupted
  /// A callback, such as a Lua function, failed with its own error.
  case callback(any Error & Sendable)
}

extension TensorError: CustomStringConvertible {
  /// `operation: sentence`.
  public var description: String { message }

  /// `operation: what came, what was expected, what to do`.
  public var message: String {
    switch self {
    case .broadcast(let operation, let a, let b):
      return "\(operation): shapes \(a) and \(b) do not broadcast (sizes are aligned at the end and must be equal or 1)"
    case .invalid(let operation, let sentence), .numerical(let operation, let sentence), .library(let operation, let sentence),
      .noRule(let operation, let sentence):
      return "\(operation): \(sentence)"
    case .dtype(let operation, let got, let expected):
      return "\(operation): expected \(expected), got a \(got) tensor (convert with x:cast)"
    case .index(let operation, let index, let size, let dimension):
      return size == 0
        ? "\(operation): index \(index) into dimension \(dimension), which is empty"
        : "\(operation): index \(index) is outside dimension \(dimension), which has 1..\(size) (or -\(size)..-1 from the end)"
    case .outOfMemory(let requested, let live, let limit):
      return "out of memory: a tensor of \(byteString(requested)) does not fit beside \(byteString(live)) in use"
        + (limit == .max ? "" : " (limit \(byteString(limit)))")
    case .escapedTracer(let operation):
      return "\(operation): a value was used after the transform that made it had ended; return it from the function instead"
    case .unknownValue(let operation, let transform, let advice):
      return "\(operation): the value is not known inside \(transform); \(advice)"
    case .donated(let operation, let argument):
      return "\(operation): this tensor was given to a compiled call (argument \(argument), donated); use what the call"
        + " returned, or compile without donate"
    case .interrupted:
      return "interrupted"
    case .callback(let error):
      return "\(error)"
    }
  }
}

/// Bytes for people: "512 B", "1.5 MB".
package func byteString(_ bytes: Int) -> String {
  let units = ["B", "KB", "MB", "GB", "TB"]
  var value = Double(bytes)
  var unit = 0
  while value >= 1024, unit < units.count - 1 {
    value /= 1024
    unit += 1
  }
  let tenths = Int((value * 10).rounded())
  return tenths % 10 == 0 ? "\(tenths / 10) \(units[unit])" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
}
