import Foundation
import Testing

@testable import Autodiff

/// The table is complete: every primitive that the target declares is met by a case.
@Suite struct CoverageTests {
  @Test func everyPrimitiveIsInTheTable() throws {
    let declared = try declaredPrimitives()
    #expect(declared.count >= 15, "the sources were not read: \(declared)")
    let witness = Witness()
    for entry in Case.all {
      let inputs = try entry.inputs().map { Tensor(WitnessTracer(witness, $0)) }
      _ = try entry.function(inputs)
    }
    #expect(declared.subtracting(witness.primitives) == [], "primitives without a case")
    let codes = Set(PointwiseCode.all.map(\.rawValue))
    #expect(codes.subtracting(witness.codes.map(\.rawValue)) == [], "pointwise codes without a case")
  }

  // The structs below Primitives and Loops that conform to a protocol whose name ends in Primitive.
  private func declaredPrimitives() throws -> Set<String> {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let files = try ["Primitives", "Loops"].flatMap { folder in
      try FileManager.default.contentsOfDirectory(
        at: root.appending(path: "Sources/Autodiff/\(folder)"), includingPropertiesForKeys: nil)
    }
    var names: Set<String> = []
    for file in files where file.pathExtension == "swift" {
      let text = try String(contentsOf: file, encoding: .utf8)
      for match in text.matches(of: /struct (\w+)(?:<[^>]*>)?: [^{\n]*Primitive\b/) { names.insert(String(match.1)) }
    }
    return names
  }
}

/// A transform that changes nothing and notes which primitives pass.
private final class Witness: Trace {
  let level = Level.next()
  let isFinished = false
  let name = "witness"
  let advice = ""
  private(set) var primitives: Set<String> = []
  private(set) var codes: Set<PointwiseCode> = []

  func bind(_ primitive: some Primitive, _ operands: [Tensor]) throws(TensorError) -> [Tensor] {
    primitives.insert("\(type(of: primitive))")
    if let pointwise = primitive as? Pointwise { codes.insert(pointwise.code) }
    var beneath: [Tensor] = []
    for operand in operands {
      if let witness = operand.tracer as? WitnessTracer {
        beneath.append(witness.value)
      } else {
        beneath.append(operand)
      }
    }
    return try Autodiff.bind(primitive, beneath).map { Tensor(WitnessTracer(self, $0)) }
  }
}

private final class WitnessTracer: Tracer {
  let value: Tensor

  init(_ witness: Witness, _ value: Tensor) {
    self.value = value
    super.init(witness, value.spec)
  }

  override var primal: Tensor? { value }
}
