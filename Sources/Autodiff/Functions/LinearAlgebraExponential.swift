/// The matrix exponential by scaling and squaring with the Padé approximant of degree 13 (Higham 2005, algorithm 2.3).

/// eᴬ for `a: [batch…, n, n]`, of any derivative order.
///
/// A is halved s times until its 1-norm is at most 5.37, and the exponential of that squared s times. Where values are not known
/// (inside vmap or compile) s is limited to 16, which is enough for norms up to 350 000; beyond that the result is NaN.
/// - Throws: `invalid` when the matrices are not square; `numerical` for NaN or infinity.
public func matrixExponential(_ a: Tensor) throws(TensorError) -> Tensor {
  let a = try a.floating()
  try requireSquare("expm", a)
  let n = a.shape[a.rank - 1]
  if n == 0 { return a }
  let one = try Tensor.identity(n, a.dtype)

  // How often to halve each matrix: a whole number that does not move with A.
  let norm = try matrixNorm(stopGradient(a), .one)
  let ratio = try maximum(1.4426950408889634 * log(norm / largestNorm), .zero(like: norm))
  let halvings = try ceil(ratio).reshaped(Shape(Array(norm.shape) + [1, 1]))
  let limit = 16
  var squarings = limit
  if let known = try? halvings.numbers(for: "expm") {
    // A norm that is not finite is left to `solve`, which says so.
    squarings = Int(try known.doubles().filter(\.isFinite).max() ?? 0)
  }
  var isDue: [Tensor] = []
  var scaled = a
  for step in 0..<squarings {
    isDue.append(try greater(halvings, .scalar(Double(step), a.dtype)))
    scaled = try select(isDue[step], 0.5 * scaled, scaled)
  }
  var power = try pade(scaled, one)
  for isDue in isDue {
    // Matrices that are done are squared as identities, lest a product that nobody reads overflow into the derivative.
    let factor = try select(isDue, power, one)
    power = try select(isDue, matrixProduct(factor, factor), power)
  }
  guard squarings == limit else { return power }
  return try select(greater(halvings, .scalar(Double(limit), a.dtype)), .scalar(.nan, a.dtype), power)
}

// Up to this 1-norm the approximant is accurate to float64's precision.
private let largestNorm = 5.371920351148152

// q(A)⁻¹ p(A) with p(A) = V + U and q(A) = V − U, U odd and V even in A.
private func pade(_ a: Tensor, _ one: Tensor) throws(TensorError) -> Tensor {
  let b: [Double] = [
    64_764_752_532_480_000, 32_382_376_266_240_000, 7_771_770_303_897_600, 1_187_353_796_428_800, 129_060_195_264_000,
    10_559_470_521_600, 670_442_572_800, 33_522_128_640, 1_323_241_920, 40_840_800, 960_960, 16_380, 182, 1,
  ]
  // All coefficients are divided by the first, which keeps float32 away from its limits.
  func c(_ i: Int, _ x: Tensor) throws(TensorError) -> Tensor { try (b[i] / b[0]) * x }
  let a2 = try matrixProduct(a, a)
  let a4 = try matrixProduct(a2, a2)
  let a6 = try matrixProduct(a4, a2)
  let oddTop = try matrixProduct(a6, c(13, a6) + c(11, a4) + c(9, a2))
  let u = try matrixProduct(a, oddTop + c(7, a6) + c(5, a4) + c(3, a2) + c(1, one))
  let evenTop = try matrixProduct(a6, c(12, a6) + c(10, a4) + c(8, a2))
  let v = try evenTop + c(6, a6) + c(4, a4) + c(2, a2) + c(0, one)
  return try solve(v - u, v + u)
}
