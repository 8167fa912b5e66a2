/// An operation that the transforms know: how it computes, differentiates, transposes and batches.
///
/// Stored properties are its parameters, and equality is equality of meaning. The rules are written with ordinary tensor operations,
/// so they can themselves be differentiated, batched and recorded: that is what gives every order and every nesting.
/// A primitive that is not linear states its `jvp` in terms of linear ones; only linear ones need `transpose`.
public protocol Primitive: Hashable, Sendable {
  /// The operation's name in graphs and error messages.
  var name: String { get }

  /// Shapes and dtypes of the results, or what does not fit and why. Empty when only a run tells them, as of a function of the user.
  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec]

  /// The results for known numbers that `outcome` accepted.
  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray]

  /// Whether `evaluate` does nothing with numbers but make steps of kernels, without looking at them: then a plan can write them down.
  var isMadeOfSteps: Bool { get }

  /// The tangents of the results `y` when the operands `x` move along `dx`; nil stands for zero. At least one operand moves.
  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?]

  /// The cotangents of the unknown operands for the cotangents `ct` of the results (nil: zero): the adjoint of the map that is linear
  /// in all unknown operands together.
  func transpose(_ ct: [Tensor?], _ x: [LinearOperand]) throws(TensorError) -> [Tensor?]

  /// Whether `transpose(_:_:onto:)` is to be asked instead of `transpose`.
  var continuesSums: Bool { get }

  /// The transpose for a primitive that stands for many equations: `sums` is what the walk has found for each operand so far, and the
  /// answers are the sums continued in the order in which those equations by themselves would have added, so that the bits agree.
  func transpose(_ ct: [Tensor?], _ x: [LinearOperand], onto sums: [Tensor?]) throws(TensorError) -> [Tensor?]

  /// For a primitive that stands for many operations: those operations, which a recording then has in its place. Else nil.
  func expanded(_ x: [Tensor]) throws(TensorError) -> [Tensor]?

  /// For a primitive that stands for many operations: those operations, which a plan runs in its place. Else nil.
  func inlined(_ x: [Tensor]) throws(TensorError) -> [Tensor]?

  /// Results and their tangents together, for a primitive that would have to compute its results once more for their tangents. Else nil.
  func pushed(_ x: [Tensor], _ dx: [Tensor?]) throws(TensorError) -> (outputs: [Tensor], tangents: [Tensor?])?

  /// For a primitive of which a part does not depend on the unknown operands, as a loop over values and tangents: the results, with that part
  /// computed by itself, so that the rest is linear in what is unknown. Else nil.
  func parted(_ x: [Tensor], _ isUnknown: [Bool]) throws(TensorError) -> [Tensor]?

  /// The specs of the results when `outcome` can't tell: found by running the function on unknown values.
  func outcomeOfRunning(_ x: [Spec]) throws(TensorError) -> [Spec]

  /// The results for all lanes at once: batched operands have the lanes as axis 0, the others serve all lanes. Every result has the
  /// lanes as axis 0.
  func batch(_ x: [Tensor], _ isBatched: [Bool], lanes: Int) throws(TensorError) -> [Tensor]
}

/// An operand of an equation that is to be transposed.
public enum LinearOperand {
  /// The equation is linear in this operand; only its spec is known.
  case unknown(Spec)
  /// A known factor.
  case known(Tensor)

  /// The known factor, if it is one.
  var known: Tensor? {
    if case .known(let tensor) = self { return tensor }
    return nil
  }

  /// The spec of an unknown operand.
  var unknown: Spec? {
    if case .unknown(let spec) = self { return spec }
    return nil
  }
}

extension Primitive {
  /// The default: it may look at numbers.
  public var isMadeOfSteps: Bool { false }

  /// The default: no rule. A primitive that is differentiated through its `jvp` never meets it.
  public func transpose(_ ct: [Tensor?], _ x: [LinearOperand]) throws(TensorError) -> [Tensor?] {
    throw .noRule(name, "is not linear, so it has no transpose")
  }

  /// The default: the walk adds.
  public var continuesSums: Bool { false }

  /// The default, for `continuesSums` false: the sum of both.
  public func transpose(_ ct: [Tensor?], _ x: [LinearOperand], onto sums: [Tensor?]) throws(TensorError) -> [Tensor?] {
    try added(try transpose(ct, x), to: sums)
  }

  /// The default: recorded as one equation.
  public func expanded(_ x: [Tensor]) throws(TensorError) -> [Tensor]? { nil }

  /// The default: `jvp` gives the tangents.
  public func pushed(_ x: [Tensor], _ dx: [Tensor?]) throws(TensorError) -> (outputs: [Tensor], tangents: [Tensor?])? { nil }

  /// The default: it can't be parted.
  public func parted(_ x: [Tensor], _ isUnknown: [Bool]) throws(TensorError) -> [Tensor]? { nil }

  /// The default: `outcome` tells.
  public func outcomeOfRunning(_ x: [Spec]) throws(TensorError) -> [Spec] { try outcome(x) }

  /// The default: as recordings have it.
  public func inlined(_ x: [Tensor]) throws(TensorError) -> [Tensor]? { try expanded(x) }
}

/// `sums` with `terms` added; nil is zero in both.
func added(_ terms: [Tensor?], to sums: [Tensor?]) throws(TensorError) -> [Tensor?] {
  var totals: [Tensor?] = []
  for (sum, term) in zip(sums, terms) {
    if let sum, let term { totals.append(try sum + term) } else { totals.append(sum ?? term) }
  }
  return totals
}

/// A primitive that is linear in its one operand and has one result: its tangent is itself applied to the tangent.
public protocol LinearPrimitive: Primitive {
  /// Shape and dtype of the result.
  func outcome(of x: Spec) throws(TensorError) -> Spec
  /// The result for known numbers.
  func evaluate(_ x: NDArray) throws(TensorError) -> NDArray
  /// The adjoint: the cotangent of an operand with spec `x`.
  func transpose(_ ct: Tensor, of x: Spec) throws(TensorError) -> Tensor
  /// The result for an operand with lanes as axis 0.
  func batch(_ x: Tensor, lanes: Int) throws(TensorError) -> Tensor
}

extension LinearPrimitive {
  /// The one operand's outcome.
  public func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] { [try outcome(of: x[0])] }
  /// The one result.
  public func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] { [try evaluate(x[0])] }
  /// The map itself applied to the tangent.
  public func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    guard let dx = dx[0] else { return [nil] }
    return [try bind(self, dx)]
  }
  /// The adjoint for the one operand.
  public func transpose(_ ct: [Tensor?], _ x: [LinearOperand]) throws(TensorError) -> [Tensor?] {
    guard let ct = ct[0], let spec = x[0].unknown else { return [nil] }
    return [try transpose(ct, of: spec)]
  }
  /// The one batched result.
  public func batch(_ x: [Tensor], _ isBatched: [Bool], lanes: Int) throws(TensorError) -> [Tensor] {
    [try batch(x[0], lanes: lanes)]
  }
}

/// A primitive whose results do not move when its operands do: predicates, indices, stopped gradients.
public protocol ConstantPrimitive: Primitive {}

extension ConstantPrimitive {
  /// Zero tangents.
  public func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] { y.map { _ in nil } }
}
