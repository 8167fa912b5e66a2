/// The recording of a whole function for a plan: of what is computed from its arguments and from values that it finds outside.
///
/// Values from outside are announced when they are met and become arguments, too, after the others. Nothing is computed but
/// what depends on neither.
package final class Staging {
  private let trace: RecordTrace

  /// A recording of a function of arguments with these specs.
  package init(_ arguments: [Spec]) { trace = RecordTrace(name: "compile", arguments: arguments, manner: .inlining) }

  /// What stands for an argument.
  package func argument(_ index: Int) -> Tensor { trace.argument(index) }

  /// What stands for a value from outside: one argument more.
  package func capture(_ spec: Spec) -> Tensor { trace.lateArgument(spec) }

  /// What stands for a value that will always be the same.
  package func constant(_ tensor: Tensor) -> Tensor { trace.constant(tensor) }

  /// Whether a value belongs to this recording.
  package func owns(_ tensor: Tensor) -> Bool { trace.own(tensor) != nil }

  /// Ends the recording.
  /// - Returns: the graph of the arguments, then the captures; nil results are those of no function.
  package func finish(_ results: [Tensor]) -> Graph {
    trace.finish(results)
    return trace.graph
  }

  /// Ends a recording that failed.
  package func abandon() { trace.finish() }
}
