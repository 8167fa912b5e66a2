/// A graph made runnable: its steps over one block of memory, laid out once.
///
/// A plan does what replaying the graph on numbers would do, with the same kernels on the same layouts, so every bit is the same. It is
/// made for arguments of certain shapes, dtypes and strides. Element-wise chains run tile by tile, and nothing but results is allocated.
public final class Plan {
  /// The graph after all passes.
  public let graph: Graph
  /// How the arguments lie; nil is packed.
  public let strides: [[Int]?]
  private let program: StepProgram

  /// - Parameters:
  ///   - graph: what is to be run; values that a transform watches must be among its arguments.
  ///   - strides: how the arguments will lie; packed if nothing is said.
  ///   - donated: the arguments that callers may give away (`callAsFunction(giving:)`), by position.
  /// - Throws: what the primitives throw for known operands; `invalid` for a watched value that is no argument.
  public init(_ graph: Graph, strides: [[Int]?]? = nil, donated: Set<Int> = []) throws(TensorError) {
    let graph = try graph.simplified()
    self.graph = graph
    let strides = strides ?? [[Int]?](repeating: nil, count: graph.argumentCount)
    self.strides = strides
    let recorder = StepRecorder()
    let arguments = graph.specs[..<graph.argumentCount].indices.map {
      recorder.placeholder(graph.specs[$0].shape, graph.specs[$0].dtype, strides: strides[$0])
    }
    let results = try Engine.current.recording(recorder) { () throws(TensorError) in
      try graph.record(arguments, with: recorder)
    }
    let given = donated.sorted().filter { strides[$0] == nil }
    program = try StepProgram(recorder, arguments: arguments, results: results, donated: given)
  }

  /// Runs the plan. The arguments must be as it was made for.
  public func callAsFunction(_ arguments: [NDArray]) throws(TensorError) -> [NDArray] {
    // The caller holds the arrays as well, so none is written over.
    var arguments = arguments
    return try self(giving: &arguments)
  }

  /// Runs the plan, and lets it have the arguments for which it was made so: a result is written into the memory of one of them, if it is
  /// dead by then and nobody but this list holds it. The list is spent afterwards, also after an error.
  public func callAsFunction(giving arguments: inout [NDArray]) throws(TensorError) -> [NDArray] {
    precondition(arguments.count == graph.argumentCount, "a plan takes as many arguments as its graph")
    return try program.run(&arguments)
  }

  /// Bytes of memory that the plan holds between runs.
  public var bytes: Int { program.arenaBytes }
}

extension Graph {
  /// The results for placeholders, while a recorder writes the steps down.
  func record(_ arguments: [NDArray], with recorder: StepRecorder) throws(TensorError) -> [NDArray] {
    var values = [NDArray?](repeating: nil, count: specs.count)
    for (id, argument) in arguments.enumerated() { values[id] = argument }
    func array(_ operand: Operand, _ name: String) throws(TensorError) -> NDArray {
      switch operand {
      case .value(let id): return values[Int(id)]!
      case .known(let tensor): return try knownNumbers([tensor], name)[0]
      }
    }
    for equation in equations {
      var inputs: [NDArray] = []
      for operand in operands(of: equation) { inputs.append(try array(operand, equation.primitive.name)) }
      let outputs: [NDArray]
      if equation.primitive.isMadeOfSteps {
        outputs = try equation.primitive.evaluate(inputs)
      } else {
        let primitive = equation.primitive
        outputs = recorder.recordOutside(inputs, equation.results.map { (specs[Int($0)].shape, specs[Int($0)].dtype) }) {
          (x) throws(TensorError) in try primitive.evaluate(x)
        }
      }
      for (id, output) in zip(equation.results, outputs) { values[Int(id)] = output }
    }
    var returned: [NDArray] = []
    for (index, result) in results.enumerated() {
      if let result {
        returned.append(try array(result, "compile"))
      } else {
        returned.append(try .full(zeroResults[index].shape, 0, zeroResults[index].dtype))
      }
    }
    return returned
  }
}

extension Plan {
  /// Floating-point operations of a run, a multiplication and an addition counted as two.
  public var flops: Int { program.flops }

  /// One line for each step, and the totals: `%` are arguments, `r` results (`r1 in %2`: in the memory of a donated argument), `@` places
  /// in the plan's own memory.
  public var listing: String {
    let lines = program.listing.map { "  " + $0 }
    let totals =
      "  \(lines.count) step\(lines.count == 1 ? "" : "s"), \(byteString(bytes)) of memory, \(flops) floating-point operations"
    return (lines + [totals]).joined(separator: "\n")
  }
}
