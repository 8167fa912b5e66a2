import Testing

@testable import Autodiff

/// What must hold for every function of the table, for its derivative in forward mode and for its derivative in reverse mode.
@Suite struct PropertyTests {
  /// Central differences at two step sizes: a right derivative leaves an error that falls like h².
  @Test(arguments: Case.differentiable) func forwardModeAgreesWithDifferences(_ entry: Case) throws {
    for entry in try entry.withDerivatives() {
      let x = try entry.inputs()
      let v = try entry.directions()
      let exact = try jvp(entry.function, x, v)
      let slopes = try zip(exact.outputs, exact.tangents).filter { $0.0.dtype.isFloat }.map { try $1 ?? .zeros($0.spec) }
      var errors: [Double] = []
      for h in [1e-3, 1e-4] {
        let above = try entry.function(shift(x, v, by: h)).filter(\.dtype.isFloat)
        let below = try entry.function(shift(x, v, by: -h)).filter(\.dtype.isFloat)
        let differences = try zip(above, below).map { try ($0 - $1) / (2 * h) }
        errors.append(try largest(zip(differences, slopes).map { try $0 - $1 }))
      }
      let scale = max(try largest(slopes), try largest(exact.outputs.filter(\.dtype.isFloat)))
      #expect(errors[0] <= 1e-3 * scale, "\(entry.testDescription): far from the difference quotient: \(errors) of \(scale)")
      #expect(
        errors[1] <= errors[0] / 30 + 1e-10 * scale, "\(entry.testDescription): the error does not fall: \(errors) of \(scale)")
    }
  }

  /// ⟨u, J v⟩ = ⟨Jᵀ u, v⟩, and the recorded J applied to v is what forward mode gives.
  @Test(arguments: Case.differentiable) func reverseModeIsTheAdjoint(_ entry: Case) throws {
    for entry in try entry.withDerivatives() {
      let x = try entry.inputs()
      let v = try entry.directions()
      let (outputs, tangents) = try jvp(entry.function, x, v)
      let pushed = try zip(outputs, tangents).map { try $1 ?? .zeros($0.spec) }
      let u = try normals(like: outputs, seed: 5)
      let linear = try linearize(entry.function, at: x)
      let pulled = try zip(x, linear.pull(u)).map { try $1 ?? .zeros($0.spec) }
      let full = try zip(x, v).map { try $1 ?? .zeros($0.spec) }
      let replayed = try linear.push(full)
      for (output, (a, b)) in zip(outputs, zip(replayed, pushed)) where output.dtype.isFloat {
        #expect(try distance(a, b) <= 1e-12, "\(entry.testDescription): linearize and jvp differ")
      }
      for (argument, cotangent) in zip(x, pulled) { #expect(cotangent.shape == argument.shape) }
      let left = try dot(zip(u, outputs).map { try $0 ?? .zeros($1.spec) }, pushed)
      let right = try dot(pulled, full)
      let error = Swift.abs(left.value - right.value)
      #expect(error <= 1e-12 * max(left.size, right.size), "\(entry.testDescription): \(left.value) is not \(right.value)")
    }
  }

  /// The adjoint of the adjoint is the map itself.
  @Test(arguments: Case.differentiable) func transposeOfTransposeIsTheMap(_ entry: Case) throws {
    for entry in try entry.withDerivatives() {
      let x = try entry.inputs()
      let linear = try linearize(entry.function, at: x)
      let u = try zip(linear.outputs, normals(like: linear.outputs, seed: 6)).map { try $1 ?? .zeros($0.spec) }
      let adjoint = try linearize(
        { (u) throws(TensorError) in
          let weights = zip(u, linear.outputs).map { $1.dtype.isFloat ? $0 : nil }
          var cotangents: [Tensor] = []
          for (cotangent, x) in zip(try linear.pull(weights), x) {
            if let cotangent { cotangents.append(cotangent) } else { cotangents.append(try .zeros(x.spec)) }
          }
          return cotangents
        }, at: u)
      let v = try entry.directions()
      let twice = try adjoint.pull(v)
      let once = try linear.push(zip(x, v).map { try $1 ?? .zeros($0.spec) })
      for (output, (a, b)) in zip(linear.outputs, zip(twice, once)) where output.dtype.isFloat {
        let zero = try Tensor.zeros(output.spec)
        let (left, right) = (try a ?? zero, b)
        let error = try distance(left, right)
        #expect(error <= 1e-12, "\(entry.testDescription): \(error)")
      }
    }
  }

  /// Where the table says linear, the derivative along an operand is the function itself.
  @Test(arguments: Case.differentiable.filter { !$0.linear.isEmpty })
  func linearFunctionsAreTheirOwnDerivative(_ entry: Case) throws {
    for group in entry.linear {
      let x = try entry.inputs()
      let directions = try entry.directions()
      let v = x.indices.map { group.contains($0) ? directions[$0] : nil }
      let tangent = try #require(try jvp(entry.function, x, v).tangents[0])
      let itself = try entry.function(x.indices.map { try v[$0] ?? x[$0] })[0]
      #expect(try distance(tangent, itself) <= 1e-14, "\(entry.testDescription) in operands \(group)")
    }
  }

  /// The recorded graph replays to the same bits.
  @Test(arguments: Case.all) func replayIsEagerBitForBit(_ entry: Case) throws {
    for entry in try entry.withDerivatives() {
      let x = try entry.inputs()
      let graph = try recorded(entry.function, x)
      graph.verify()
      #expect(try identical(graph.replay(x), entry.function(x)), "\(entry.testDescription)\n\(graph)")
    }
  }

  /// The compiled graph gives the same bits, also for views, and again on other numbers.
  @Test(arguments: Case.all) func planIsEagerBitForBit(_ entry: Case) throws {
    for entry in try entry.withDerivatives() {
      for layout in [nil] + Layout.allCases.map(Optional.some) {
        var plan: Plan?
        for lane: UInt64 in 0..<2 {
          let x = try entry.inputs(lane: lane).map { try layout?.view($0) ?? $0 }
          let strides = x.map { $0.array!.viewStrides }
          let made = try plan ?? Plan(recorded(entry.function, x), strides: strides)
          plan = made
          let results = try made(x.map { $0.array! }).map { Tensor($0) }
          let expected = try entry.function(x)
          #expect(try identical(results, expected), "\(entry.testDescription) \(layout as Any)\n\(made.graph)")
          guard layout == nil else { continue }
          // Nor do the bits change when the arguments are given away.
          let donating = try Plan(recorded(entry.function, x), strides: strides, donated: Set(x.indices))
          var given: [NDArray] = []
          for x in x { given.append(try x.array!.packed()) }
          let written = try donating(giving: &given).map { Tensor($0) }
          #expect(try identical(written, expected), "\(entry.testDescription), donated\n\(made.graph)")
        }
      }
    }
  }

  /// Views give what packed operands give.
  @Test(arguments: Case.all) func viewsGiveWhatPackedOperandsGive(_ entry: Case) throws {
    for entry in try entry.withDerivatives() {
      let x = try entry.inputs()
      let expected = try entry.function(x)
      for layout in Layout.allCases {
        let views = try x.map { try layout.view($0) }
        #expect(try distance(entry.function(views), expected) <= 1e-13, "\(entry.testDescription) \(layout)")
      }
      // A row repeated by stride 0, where the domain allows it.
      let repeated = zip(entry.domains, x).map { domain, x -> Tensor in
        guard domain.isElementwise, x.rank > 0, x.shape[0] > 0, let array = x.array else { return x }
        let row = array.sliced(
          starts: x.shape.map { _ in 0 }, counts: [1] + x.shape.dropFirst(), steps: x.shape.map { _ in 1 })
        return Tensor(row.broadcast(to: x.shape))
      }
      let packed = try repeated.map { try $0.packed() }
      #expect(try distance(entry.function(repeated), entry.function(packed)) <= 1e-13, "\(entry.testDescription) repeated")
    }
  }

  /// float32 is float64 rounded: the same function on the same numbers.
  @Test(arguments: Case.all) func singlePrecisionFollowsDouble(_ entry: Case) throws {
    for entry in try entry.withDerivatives() {
      let single = try entry.inputs().map { $0.dtype == .float64 ? try $0.cast(to: .float32) : $0 }
      let double = try single.map { $0.dtype == .float32 ? try $0.cast(to: .float64) : $0 }
      let (a, b) = (try entry.function(single), try entry.function(double))
      #expect(a.count == b.count)
      let scale = try largest(b.filter(\.dtype.isFloat))
      for (a, b) in zip(a, b) where b.dtype.isFloat {
        let error = try distance(a.cast(to: .float64), b, scale: scale)
        #expect(error <= entry.singleTolerance, "\(entry.testDescription): \(error)")
      }
      for (a, b) in zip(a, b) where !b.dtype.isFloat { #expect(try identical([a], [b]), "\(entry.testDescription)") }
    }
  }
}

extension Case {
  /// The function, and as functions of more operands its derivatives.
  func withDerivatives() throws -> [Case] { isDifferentiable ? [self, pushed, try pulled()] : [self] }
}

/// x + h v in the operands that move.
func shift(_ x: [Tensor], _ v: [Tensor?], by h: Double) throws -> [Tensor] {
  try zip(x, v).map { x, v in try v.map { try x + h * $0 } ?? x }
}

/// The largest |element|.
func largest(_ x: [Tensor]) throws -> Double { try x.flatMap { try $0.doubles() }.map { Swift.abs($0) }.max() ?? 0 }

/// The equations of `f` at operands with the specs of `x`.
func recorded(_ f: TensorFunction, _ x: [Tensor]) throws(TensorError) -> Graph {
  let trace = RecordTrace(name: "record", arguments: x.map(\.spec))
  trace.finish(try f(x.indices.map { trace.argument($0) }))
  return trace.graph
}
