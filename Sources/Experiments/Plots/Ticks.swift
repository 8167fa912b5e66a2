import Glibc

/// An axis: the interval it shows, whether it is logarithmic, and round values with their labels along it.
struct Axis {
  let lower: Double
  let upper: Double
  let isLog: Bool
  /// Whether the lower end lies at the top, or at the right.
  var isReversed = false

  /// An axis from one value to a larger one.
  init(_ lower: Double, _ upper: Double, isLog: Bool) {
    self.lower = lower
    self.upper = upper
    self.isLog = isLog
  }

  /// The smallest axis that shows all finite values, on a logarithmic one all positive ones; nil when there are none.
  init?(showing values: some Sequence<Double>, isLog: Bool) {
    var low = Double.infinity
    var high = -Double.infinity
    for value in values where value.isFinite && (!isLog || value > 0) {
      low = min(low, value)
      high = max(high, value)
    }
    guard low <= high else { return nil }
    if !(isLog ? log(high) - log(low) : high / 2 - low / 2).isNormal {
      // One value, or values that are the same but for rounding, still need an interval around them.
      let half = (low / 2).isNormal ? abs(low / 2) : 1
      (low, high) = isLog ? (low / 2, high * 2) : (low - half, high + half)
      low = max(low, isLog ? .leastNonzeroMagnitude : -.greatestFiniteMagnitude)
      high = min(high, .greatestFiniteMagnitude)
    }
    self.lower = low
    self.upper = high
    self.isLog = isLog
  }

  /// Where a value lies: 0 at the lower end, 1 at the upper one; nil when it can't be shown.
  func position(_ value: Double) -> Double? {
    guard value.isFinite, !isLog || value > 0 else { return nil }
    // Halves keep the difference finite when the ends are as far apart as doubles can be.
    let position =
      isLog
      ? (log(value) - log(lower)) / (log(upper) - log(lower))
      : (value / 2 - lower / 2) / (upper / 2 - lower / 2)
    return isReversed ? 1 - position : position
  }

  /// The value at a position.
  func value(at position: Double) -> Double {
    let along = isReversed ? 1 - position : position
    return isLog
      ? exp(log(lower) + along * (log(upper) - log(lower))) : 2 * (lower / 2 + along * (upper / 2 - lower / 2))
  }

  /// The axis with a share of its length more at each end.
  func padded(_ below: Double, _ above: Double) -> Axis {
    var wide = self
    wide.isReversed = false
    var result = Axis(wide.value(at: -below), wide.value(at: 1 + above), isLog: isLog)
    if !(result.lower.isFinite && result.upper.isFinite) || (isLog && result.lower <= 0) { result = wide }
    result.isReversed = isReversed
    return result
  }

  /// About `count` round values within the axis, ascending, each with its label.
  func ticks(_ count: Int) -> [(value: Double, label: String)] {
    guard isLog else { return linearTicks(count) }
    let first = Int(log10(lower).rounded(.up))
    let last = Int(log10(upper).rounded(.down))
    // Within two powers of ten also 2 and 5 times these; else every power, or those whose exponents are multiples of a round number.
    var choices: [[(value: Double, label: String)]] = []
    if upper / lower < 100 {
      for mantissas in [[1, 2, 5], [1, 5]] {
        choices.append(
          (first - 1...max(last, first)).flatMap { exponent in
            mantissas.map { (Double($0) * power(of: exponent), label(mantissa: $0, exponent: exponent)) }
          }.filter { (lower...upper).contains($0.0) })
      }
    }
    for every in [1, 2, 3, 5, 10, 20, 50, 100, 200] {
      let lowest = Int((Double(first) / Double(every)).rounded(.up)) * every
      choices.append(stride(from: lowest, through: last, by: every).map { (power(of: $0), label(mantissa: 1, exponent: $0)) })
    }
    choices.removeAll { $0.count < 2 }
    return choices.first { $0.count <= count } ?? choices.last ?? linearTicks(count)
  }

  /// A value with three digits, as a label.
  static func short(_ value: Double) -> String {
    guard value != 0, value.isFinite else { return value == 0 ? "0" : "\(value)" }
    let exponent = Int(log10(abs(value)).rounded(.down)) - 2
    let mantissa = exponent > -300 ? value / pow(10, Double(exponent)) : 0
    guard abs(mantissa) > 1, abs(mantissa) < 1e6 else { return "\(value)" }
    return label(mantissa: Int(mantissa.rounded()), exponent: exponent)
  }

  /// For ends so close, or so far apart, that doubles have no round values between them.
  private var ends: [(value: Double, label: String)] { [(lower, "\(lower)"), (upper, "\(upper)")] }

  private func linearTicks(_ count: Int) -> [(value: Double, label: String)] {
    let rough = upper / Double(count) - lower / Double(count)
    guard rough.isNormal else { return ends }
    let exponent = Int(log10(rough).rounded(.down))
    let mantissa = [1, 2, 5, 10].first { rough <= Double($0) * power(of: exponent) * (1 + 1e-9) } ?? 10
    let step = Double(mantissa) * power(of: exponent)
    // An end that is round itself must not miss its tick by a rounding error.
    let first = (lower / step - 1e-9).rounded(.up)
    let last = (upper / step + 1e-9).rounded(.down)
    guard step.isFinite, abs(first) < 1e15, abs(last) < 1e15, first <= last else { return ends }
    // The step is a whole number times a power of ten, so each label is exact.
    return stride(from: Int(first), through: Int(last), by: 1).map {
      (Double($0) * step, label(mantissa: $0 * mantissa, exponent: exponent))
    }
  }
}

private func power(of exponent: Int) -> Double { pow(10, Double(exponent)) }

/// The number `mantissa * 10^exponent`: with a decimal point up to six places, else with an exponent.
private func label(mantissa: Int, exponent: Int) -> String {
  guard mantissa != 0 else { return "0" }
  let sign = mantissa < 0 ? "-" : ""
  var digits = String(mantissa.magnitude)
  var exponent = exponent
  while digits.hasSuffix("0") {
    digits.removeLast()
    exponent += 1
  }
  let leading = digits.count - 1 + exponent  // the exponent of the first digit
  switch leading {
  case 0..<6 where exponent >= 0:
    return sign + digits + String(repeating: "0", count: exponent)
  case 0..<6:
    return sign + digits.dropLast(-exponent) + "." + digits.suffix(-exponent)
  case -4..<0:
    return sign + "0." + String(repeating: "0", count: -leading - 1) + digits
  default:
    return sign + digits.prefix(1) + (digits.count > 1 ? "." + digits.dropFirst() : "") + "e\(leading)"
  }
}
