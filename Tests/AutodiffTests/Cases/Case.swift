@testable import Autodiff
import Testing

/// A function that is put through every property: how it is called, where its operands come from, and what may be expected of it.
struct Case: Sendable, CustomTestStringConvertible {
  let name: String
  /// Where samples of each operand come from.
  let domains: [Domain]
  /// The shape of each operand.
  let shapes: [Shape]
  /// Groups of operands in which the function is linear together.
  var linear: [[Int]] = []
  /// Whether a result moves with an operand.
  var isDifferentiable = true
  /// Largest relative error of float32 against float64.
  var singleTolerance = 2e-5
  /// Whether this is the first of its function's entries: the long tests run on it alone.
  var isMain = true
  let body: @Sendable ([Tensor]) throws -> [Tensor]

  var testDescription: String { "\(name) \(shapes.map(\.description).joined(separator: " "))" }

  /// The function as the transforms take it.
  var function: TensorFunction {
    { (x) throws(TensorError) in
      do { return try body(x) } catch { throw error as? TensorError ?? .callback(error) }
    }
  }

  /// Which operands derivatives are taken of.
  var moves: [Bool] { domains.map(\.isFloat) }

  /// Operands, the same for the same lane in every run.
  func inputs(lane: UInt64 = 0) throws(TensorError) -> [Tensor] {
    var seed: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in name.utf8 { seed = (seed ^ UInt64(byte)) &* 0x100_0000_01b3 }
    var generator = Generator(seed: seed &+ lane)
    var samples: [Tensor] = []
    for (domain, shape) in zip(domains, shapes) { samples.append(try domain.sample(shape, &generator)) }
    return samples
  }

  /// Normal directions of the float operands.
  func directions(lane: UInt64 = 0) throws(TensorError) -> [Tensor?] {
    var generator = Generator(seed: 77 &+ lane)
    var directions: [Tensor?] = []
    for (moves, shape) in zip(moves, shapes) { directions.append(moves ? Tensor(try generator.normal(shape, .float64)) : nil) }
    return directions
  }
}

/// Normal numbers shaped like the float tensors among `values`; nil for the others.
func normals(like values: [Tensor], seed: UInt64) throws(TensorError) -> [Tensor?] {
  var generator = Generator(seed: seed)
  var result: [Tensor?] = []
  for value in values { result.append(value.dtype.isFloat ? Tensor(try generator.normal(value.shape, value.dtype)) : nil) }
  return result
}

extension Case {
  /// One entry for each list of shapes.
  static func entries(
    _ name: String, _ domains: [Domain], _ shapes: [[Shape]], linear: [[Int]] = [], isDifferentiable: Bool = true,
    singleTolerance: Double = 2e-5, _ body: @escaping @Sendable ([Tensor]) throws -> [Tensor]
  ) -> [Case] {
    shapes.enumerated().map { position, shapes in
      Case(
        name: name, domains: domains, shapes: shapes, linear: linear, isDifferentiable: isDifferentiable,
        singleTolerance: singleTolerance, isMain: position == 0, body: body)
    }
  }

  /// The table.
  static let all: [Case] =
    pointwise + layout + indexing + reductions + matrices + convolutions + linearAlgebra + compositions + calls + loops

  /// Entries whose results have derivatives.
  static let differentiable = all.filter(\.isDifferentiable)

  /// x, v ↦ the change of the results along v: the properties hold for it as for any function.
  var pushed: Case {
    let floats = moves.indices.filter { moves[$0] }
    return Case(
      name: "push of \(name)", domains: domains + floats.map { _ in .normal }, shapes: shapes + floats.map { shapes[$0] },
      linear: [Array(domains.count..<(domains.count + floats.count))], singleTolerance: 10 * singleTolerance, isMain: isMain
    ) { x in
      var directions = [Tensor?](repeating: nil, count: moves.count)
      for (position, index) in floats.enumerated() { directions[index] = x[moves.count + position] }
      let (outputs, tangents) = try jvp(function, Array(x[..<moves.count]), directions)
      return try zip(outputs, tangents).filter { $0.0.dtype.isFloat }.map { try $1 ?? .zeros($0.spec) }
    }
  }

  /// x, u ↦ the cotangents of the operands for the cotangents u of the results.
  func pulled() throws -> Case {
    let outputs = try function(inputs())
    let count = outputs.count
    let results = outputs.indices.filter { outputs[$0].dtype.isFloat }
    return Case(
      name: "pull of \(name)", domains: domains + results.map { _ in .normal },
      shapes: shapes + results.map { outputs[$0].shape },
      linear: [Array(domains.count..<(domains.count + results.count))], singleTolerance: 10 * singleTolerance, isMain: isMain
    ) { x in
      let point = Array(x[..<moves.count])
      var weights = [Tensor?](repeating: nil, count: count)
      for (position, index) in results.enumerated() { weights[index] = x[moves.count + position] }
      let cotangents = try linearize(function, at: point).pull(weights)
      return try zip(point, cotangents).filter { $0.0.dtype.isFloat }.map { try $1 ?? .zeros($0.spec) }
    }
  }
}
