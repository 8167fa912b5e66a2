import Glibc

/// A tick of an axis in a file.
struct Tick {
  let value: Double
  /// As gnuplot takes it, `10^{3}` for a power; nil for a small tick without.
  let label: String?
  /// How wide the label is, in ems.
  let width: Double
}

extension Axis {
  /// As many round values as have room for their labels along so many ems; between the powers on a logarithmic axis small ticks.
  func ticks(along length: Double, isAcross: Bool) -> [Tick] {
    let asPowers = isLog && upper / lower >= 100
    func labelled(_ count: Int) -> [Tick] {
      ticks(count).filter { $0.value.isFinite }.map { value, label in
        let power = log10(value)
        return asPowers && abs(power - power.rounded()) < 1e-9 ? Tick(power: Int(power.rounded())) : Tick(value, label)
      }
    }
    func haveRoom(_ ticks: [Tick]) -> Bool {
      zip(ticks, ticks.dropFirst()).allSatisfy { a, b in
        abs(position(b.value)! - position(a.value)!) * length >= (isAcross ? (a.width + b.width) / 2 + 1 : 1.6)
      }
    }
    var result = labelled(isAcross ? 8 : 7)
    for count in [7, 6, 5, 4, 3, 2] where !haveRoom(result) {
      let fewer = labelled(count)
      if fewer.count > 1 { result = fewer }
    }
    guard isLog, let first = result.first, result.count > 1 else { return result }
    // Where each power has a label the numbers between them, else the powers between.
    let step = result[1].value / first.value
    let (low, high) = (Int(log10(lower).rounded(.down)), Int(log10(upper).rounded(.up)))
    guard asPowers ? high - low <= 40 : true else { return result }
    let mantissas = asPowers ? (step < 11 ? Array(2...9) : [1]) : Array(1...9)
    for exponent in low...high {
      for mantissa in mantissas {
        let value = Double(mantissa) * pow(10, Double(exponent))
        let isNew = result.allSatisfy { abs($0.value / value - 1) > 1e-6 }
        if isNew, (lower...upper).contains(value) { result.append(Tick(value: value, label: nil, width: 0)) }
      }
    }
    return result
  }
}

extension Tick {
  // Numbers as papers have them: a minus sign, and a power of ten for an exponent.
  fileprivate init(_ value: Double, _ label: String) {
    let parts = label.split(separator: "e").map { String($0).replacing("-", with: "−").replacing("+", with: "") }
    guard parts.count == 2 else {
      self.init(value: value, label: parts[0], width: Layout.width(parts[0]))
      return
    }
    let factor = parts[0] == "1" ? "" : parts[0] == "−1" ? "−" : parts[0] + "×"
    self.init(
      value: value, label: "\(factor)10^{\(parts[1])}", width: Layout.width(factor + "10") + 0.8 * Layout.width(parts[1]))
  }

  fileprivate init(power: Int) { self.init(pow(10, Double(power)), "1e\(power)") }
}
