import Synchronization

/// One running transform: it receives every operation that has one of its tracers as the newest operand.
///
/// Levels only grow, so the newest trace is the innermost transform; there is no stack of traces, and an error leaves nothing to
/// restore. A trace whose function has returned is finished and refuses the tracers that escaped from it.
package protocol Trace: AnyObject {
  /// Later traces have higher levels.
  var level: Level { get }
  /// Whether the function under this transform has returned.
  var isFinished: Bool { get }
  /// The transform's name in error messages.
  var name: String { get }
  /// What to do instead when a value is asked for that this transform does not know.
  var advice: String { get }
  /// The error for an operation that needs the numbers of a value which this transform does not know.
  func unknown(_ operation: String) -> TensorError
  /// Interprets one operation; at least one operand is a tracer of this trace and none is newer.
  func bind(_ primitive: some Primitive, _ operands: [Tensor]) throws(TensorError) -> [Tensor]
  /// The same for a pointwise operation on one or two operands, for traces that need no lists for it: most of what programs do.
  func bind(_ code: PointwiseCode, _ x: Tensor, _ y: Tensor?) throws(TensorError) -> Tensor
}

extension Trace {
  /// The default says what to do instead.
  package func unknown(_ operation: String) -> TensorError { .unknownValue(operation, transform: name, advice: advice) }

  /// The default: like any primitive.
  package func bind(_ code: PointwiseCode, _ x: Tensor, _ y: Tensor?) throws(TensorError) -> Tensor {
    try bind(Pointwise(code), y.map { [x, $0] } ?? [x])[0]
  }
}

/// A value under a transform. What more it carries is its trace's business, which subclasses it.
package class Tracer {
  /// The transform it belongs to.
  package let trace: any Trace
  /// The trace's level, at hand because every operation compares it.
  package let level: Level
  /// Shape and dtype as the function under the transform sees them.
  package let spec: Spec
  /// Whether it stands for a number of the host's language: arithmetic keeps it in float64, and it takes the dtype of a tensor it meets.
  package internal(set) var isNumber = false

  /// A value with this spec under `trace`.
  package init(_ trace: any Trace, _ spec: Spec) {
    self.trace = trace
    level = trace.level
    self.spec = spec
  }

  /// The value beneath, where the transform knows one.
  package var primal: Tensor? { nil }

  /// The unclaimed bytes beneath.
  package func claimBytes() -> Int { 0 }

  /// The value beneath transforms that know it, or nil where the innermost does not.
  var bare: Tensor? { nil }
}

/// The level of the newest transform that watches one of these values.
func newestLevel(_ values: some Sequence<Tensor>) -> Level? { values.lazy.compactMap(\.tracer?.level).max() }

/// The age of a trace.
package struct Level: Comparable, Hashable, Sendable {
  private let number: UInt64
  /// Newer than every transform's.
  static let last = Level(number: .max)
  private static let counter = Atomic<UInt64>(1)

  private init(number: UInt64) { self.number = number }

  /// A level newer than all before it.
  package static func next() -> Level { Level(number: counter.add(1, ordering: .relaxed).newValue) }

  /// Whether `a` is older.
  package static func < (a: Level, b: Level) -> Bool { a.number < b.number }
}
