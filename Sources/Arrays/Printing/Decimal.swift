/// A number in decimal digits, for printing without a locale: the shortest digits that name the number, rounded half up.
struct Decimal {
  private var isNegative: Bool
  /// Significant digits without leading zeros; the value is 0.d₁d₂d₃… · 10^point. Zero has none.
  private var digits: [UInt8]
  private var point: Int

  /// The decimal digits of a finite number.
  init(_ value: Double) {
    isNegative = value < 0
    digits = []
    point = 0
    var isFraction = false
    // The standard library's description is the shortest that reads back as the same number: digits, maybe a point and an exponent.
    let text = Array(abs(value).description.utf8)
    let mantissa = text.prefix { $0 != UInt8(ascii: "e") }
    for character in mantissa {
      if character == UInt8(ascii: ".") {
        isFraction = true
        continue
      }
      let digit = character - UInt8(ascii: "0")
      if !digits.isEmpty || digit != 0 { digits.append(digit) }
      if isFraction { point -= digits.isEmpty ? 1 : 0 } else { point += digits.isEmpty ? 0 : 1 }
    }
    if mantissa.count < text.count { point += Int(String(decoding: text[(mantissa.count + 1)...], as: UTF8.self)) ?? 0 }
    trim()
  }

  /// The position of the first digit: 0 for 1…9.99, 1 for 10…99.9; nil for zero.
  var exponent: Int? { digits.isEmpty ? nil : point - 1 }

  private mutating func trim() {
    while digits.last == 0 { digits.removeLast() }
    if digits.isEmpty { point = 0 }
  }

  // Keeps the first `count` digits.
  private mutating func round(keeping count: Int) {
    guard count < digits.count else { return }
    let roundsUp = count >= 0 && digits[count] >= 5
    digits = Array(digits[0..<max(0, count)])
    if roundsUp {
      var position = count - 1
      while position >= 0, digits[position] == 9 {
        digits[position] = 0
        position -= 1
      }
      if position >= 0 {
        digits[position] += 1
      } else {
        digits.insert(1, at: 0)
        point += 1
      }
    }
    trim()
  }

  /// With `decimals` places after the point, as in "-0.1230".
  func fixed(decimals: Int) -> String {
    var copy = self
    copy.round(keeping: point + decimals)
    return copy.plain(decimals: decimals)
  }

  /// With `count` significant digits and an exponent, as in "1.230e-05".
  func scientific(significant count: Int) -> String {
    var copy = self
    copy.round(keeping: count)
    let exponent = copy.exponent ?? 0
    copy.point = copy.digits.isEmpty ? 0 : 1
    let size = "\(abs(exponent))"
    return copy.plain(decimals: count - 1) + (exponent < 0 ? "e-" : "e+") + (size.count < 2 ? "0" + size : size)
  }

  /// With at most `count` significant digits and no trailing zeros; with an exponent outside 10⁻⁴ … 10⁶.
  func significant(_ count: Int) -> String {
    var copy = self
    copy.round(keeping: count)
    let exponent = copy.exponent ?? 0
    if exponent < -4 || exponent >= 6 { return copy.scientific(significant: max(1, copy.digits.count)) }
    return copy.plain(decimals: max(0, copy.digits.count - copy.point))
  }

  private func plain(decimals: Int) -> String {
    var text = isNegative && !digits.isEmpty ? "-" : ""
    // Places run from the first digit before the point (at least one) to the last decimal.
    for place in stride(from: max(point, 1), through: 1 - decimals, by: -1) {
      let index = point - place
      if place == 0 { text += "." }
      text += index >= 0 && index < digits.count ? "\(digits[index])" : "0"
    }
    return text
  }
}
