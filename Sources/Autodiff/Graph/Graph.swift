/// A recorded function: argument specs, equations in order, results. Values have integer ids, so a graph of any length is three flat
/// arrays and releasing it never recurses.
public struct Graph {
  /// An operand of an equation, or a result of the graph.
  public enum Operand {
    /// The argument or equation result with this id.
    case value(Int32)
    /// A tensor that was known while recording.
    case known(Tensor)
  }

  /// One operation: a primitive, its operands, and the ids of its results.
  public struct Equation {
    /// The operation.
    public let primitive: any Primitive
    /// Where its operands stand in `operands`.
    let operandRange: Range<Int32>
    /// The ids of its results.
    public let results: Range<Int32>
  }

  /// The specs of all values by id: first the arguments, then the equations' results.
  public internal(set) var specs: [Spec]
  /// How many of the values are arguments.
  public let argumentCount: Int
  /// The operations in an order in which they can run.
  public internal(set) var equations: [Equation] = []
  /// The operands of all equations, one equation after another.
  var operands: [Operand] = []
  /// What the recorded function returned; nil stands for zero (a result that does not depend on the arguments of a linear function).
  public internal(set) var results: [Operand?] = []
  /// Specs of the results, for those that are zero.
  var zeroResults: [Spec] = []

  init(arguments: [Spec]) {
    specs = arguments
    argumentCount = arguments.count
  }

  /// The operands of an equation.
  public func operands(of equation: Equation) -> ArraySlice<Operand> {
    operands[Int(equation.operandRange.lowerBound)..<Int(equation.operandRange.upperBound)]
  }

  mutating func append(_ primitive: any Primitive, _ inputs: [Operand], _ outcome: [Spec]) -> Range<Int32> {
    let start = Int32(operands.count)
    operands.append(contentsOf: inputs)
    let first = Int32(specs.count)
    specs.append(contentsOf: outcome)
    let results = first..<Int32(specs.count)
    equations.append(Equation(primitive: primitive, operandRange: start..<Int32(operands.count), results: results))
    return results
  }

  /// The same for one or two operands and one result.
  mutating func append(_ primitive: any Primitive, _ first: Operand, _ second: Operand?, _ outcome: Spec) -> Int32 {
    let start = Int32(operands.count)
    operands.append(first)
    if let second { operands.append(second) }
    let id = Int32(specs.count)
    specs.append(outcome)
    equations.append(Equation(primitive: primitive, operandRange: start..<Int32(operands.count), results: id..<(id + 1)))
    return id
  }
}

extension Graph: CustomStringConvertible {
  /// One line an equation, as in `%3 float32[2, 2] = matmul %0 %2`.
  public var description: String {
    func text(_ operand: Operand?) -> String {
      switch operand {
      case .value(let id): "%\(id)"
      case .known(let tensor): tensor.count == 1 && !tensor.isTraced ? "\(tensor.array!.double(at: 0))" : "\(tensor.spec)"
      case nil: "0"
      }
    }
    var lines = [
      "graph(" + specs[..<argumentCount].enumerated().map { "%\($0.offset) \($0.element)" }.joined(separator: ", ") + ")"
    ]
    for equation in equations {
      let left = equation.results.map { "%\($0) \(specs[Int($0)])" }.joined(separator: ", ")
      lines.append("  \(left) = \(equation.primitive) " + operands(of: equation).map(text).joined(separator: " "))
    }
    lines.append("  return " + results.map(text).joined(separator: ", "))
    return lines.joined(separator: "\n")
  }
}

extension Graph {
  /// Checks that every operand is defined before it is used and that every primitive still agrees with the recorded specs; debug
  /// builds run it after recording and after every pass.
  func verify() {
    for equation in equations {
      for case .value(let id) in operands(of: equation) {
        precondition(id < equation.results.lowerBound, "an operand is used before it is defined:\n\(self)")
      }
      let outcome = try? equation.primitive.outcome(operands(of: equation).map(spec))
      precondition(
        outcome?.isEmpty == true || outcome == equation.results.map { specs[Int($0)] },
        "an equation contradicts its recorded spec: \(equation)\n\(self)")
    }
  }

  /// Whether a value in it belongs to a transform that runs.
  package var isWatched: Bool {
    func isTraced(_ operand: Operand?) -> Bool {
      if case .known(let tensor)? = operand { tensor.isTraced } else { false }
    }
    return operands.contains(where: isTraced) || results.contains(where: isTraced)
  }

  func spec(of operand: Operand) -> Spec {
    switch operand {
    case .value(let id): specs[Int(id)]
    case .known(let tensor): tensor.spec
    }
  }
}
