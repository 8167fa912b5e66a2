/// The largest relative error of the derivatives of `f` at `x` against finite differences, all in float64.
///
/// Along a random direction v the directional derivative by central differences is compared with forward mode (J v) and with reverse
/// mode (⟨Jᵀu, v⟩ = ⟨u, J v⟩ for a random u), and the change of the gradient of ⟨u, f⟩ with the Hessian product. The difference step
/// is chosen among a few as the one that agrees best, so a right derivative is not blamed for rounding. Errors are relative to the
/// larger of the two values compared and of 10⁻³ of the norms that enter them.
public func checkGradient(_ f: TensorFunction, at x: [Tensor], seed: UInt64 = 0) throws(TensorError) -> Double {
  var generator = Generator(seed: seed)
  var point: [Tensor] = []
  var direction: [Tensor] = []
  for value in x {
    guard value.dtype.isFloat else {
      point.append(value)
      direction.append(value)
      continue
    }
    point.append(try value.cast(to: .float64))
    direction.append(Tensor(try generator.normal(value.shape, .float64)))
  }
  let moves = x.map(\.dtype.isFloat)
  func floats(_ outputs: [Tensor]) -> [Tensor] { outputs.filter(\.dtype.isFloat) }

  let exact = try jvp(f, point, zip(direction, moves).map { $1 ? $0 : nil })
  var weights: [Tensor] = []
  for output in floats(exact.outputs) { weights.append(try Tensor(generator.normal(output.shape, .float64))) }
  // ⟨u, f(x)⟩ as a scalar function.
  func weighted(_ x: [Tensor]) throws(TensorError) -> [Tensor] {
    var sum = try Tensor.scalar(0, .float64)
    for (output, weight) in zip(floats(try f(x)), weights) { sum = try sum + (output * weight).sum() }
    return [sum]
  }
  func shifted(_ h: Double) throws(TensorError) -> [Tensor] {
    var moved: [Tensor] = []
    for (i, value) in point.enumerated() { moved.append(moves[i] ? try value + h * direction[i] : value) }
    return moved
  }
  func dot(_ a: [Tensor], _ b: [Tensor]) throws(TensorError) -> Double {
    var sum = 0.0
    for (i, x) in a.enumerated() where moves[i] { sum += try (x * b[i]).sum().numbers(for: "check_grad").double(at: 0) }
    return sum
  }
  func number(_ x: Tensor) throws(TensorError) -> Double { try x.numbers(for: "check_grad").double(at: 0) }

  let forward = try number(jvp(weighted, point, zip(direction, moves).map { $1 ? $0 : nil }).tangents[0] ?? .scalar(0, .float64))
  let gradient = try gradient(weighted, at: point)
  let reverse = try dot(gradient, direction)
  let product = try hessianProduct(weighted, at: point, direction)
  let curvature = try dot(product, direction)
  let scale = 1e-3 * (try dot(gradient, gradient)).squareRoot() * (try dot(direction, direction)).squareRoot()

  func error(_ value: Double, _ reference: Double, _ floor: Double) -> Double {
    let size = max(Swift.abs(value), Swift.abs(reference), floor)
    return size == 0 ? 0 : Swift.abs(value - reference) / size
  }
  var first = Double.infinity
  var second = Double.infinity
  let curvatureScale = 1e-3 * (try dot(product, product)).squareRoot() * (try dot(direction, direction)).squareRoot() + 1e-3 * scale
  for h in [1e-3, 1e-4, 1e-5, 1e-6] {
    let above = try shifted(h)
    let below = try shifted(-h)
    let slope = (try number(weighted(above)[0]) - number(weighted(below)[0])) / (2 * h)
    first = min(first, max(error(forward, slope, scale), error(reverse, slope, scale)))
    let (ahead, behind) = (try Autodiff.gradient(weighted, at: above), try Autodiff.gradient(weighted, at: below))
    let change = (try dot(ahead, direction) - dot(behind, direction)) / (2 * h)
    second = min(second, error(curvature, change, curvatureScale))
  }
  return max(first, second, error(forward, reverse, scale))
}
