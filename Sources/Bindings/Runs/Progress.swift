import Glibc

/// How far a run has come, on the terminal of the program's errors: a line that is written anew at most ten times a second, or, where no
/// terminal is, a line every 30 seconds. Nothing is shown for what takes less than half a second.
final class ProgressLine {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var began: (time: Double, step: Int)?
  private var shown = 0.0
  private var isVisible = false
  private var calls = 0

  /// The clock in seconds.
  private var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// Begins to count at a step.
  func begin(at step: Int) {
    began = (now, step)
    shown = now
    isVisible = false
  }

  /// After a step of those up to `last`.
  func show(_ step: Int, of last: Int, loss: Double) {
    // The clock is looked at rarely where steps are fast.
    calls &+= 1
    guard calls & 15 == 0 || step == last, let began else { return }
    let time = now
    guard time - shown >= (isTerminal ? (isVisible ? 0.1 : 0.5) : 30) else { return }
    (shown, isVisible) = (time, true)
    let (done, elapsed) = (step - began.step, time - began.time)
    let rate = Double(done) / max(elapsed, 1e-9)
    let left = Double(last - step) / max(rate, 1e-9)
    let share = Double(done) / Double(max(1, last - began.step))
    let numbers = "\(step)/\(last) [\(clock(elapsed))<\(clock(left)), \(short(rate))it/s, loss=\(short(loss))]"
    if isTerminal {
      write("\r\u{1B}[K\(percent(share))|\(bar(share))| \(numbers)")
    } else {
      write("run: \(percent(share)) \(numbers)\n")
    }
  }

  /// Takes the line away until the next step shows it again.
  func hide() {
    if isVisible, isTerminal { write("\r\u{1B}[K") }
  }

  /// Takes the line away.
  func end() {
    hide()
    began = nil
  }

  private func percent(_ share: Double) -> String {
    let text = "\(Int(share * 100))%"
    return String(repeating: " ", count: max(0, 4 - text.count)) + text
  }

  private func bar(_ share: Double) -> String {
    let eighths = Int((share * 20 * 8).rounded())
    let full = String(repeating: "█", count: eighths / 8)
    let part = eighths % 8 == 0 ? "" : ["▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8 - 1]
    return full + part + String(repeating: " ", count: max(0, 20 - eighths / 8 - (part.isEmpty ? 0 : 1)))
  }

  private func clock(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e6 else { return "?" }
    let whole = Int(seconds)
    let (minutes, rest) = (whole / 60, whole % 60)
    func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
    return minutes >= 60 ? "\(minutes / 60):\(two(minutes % 60)):\(two(rest))" : "\(two(minutes)):\(two(rest))"
  }

  private func short(_ number: Double) -> String {
    guard number.isFinite, number != 0 else { return "\(number)" }
    let digits = Int(log10(abs(number)).rounded(.down))
    if digits >= 5 || digits < -4 {
      let mantissa = number / pow(10, Double(digits))
      return "\((mantissa * 100).rounded() / 100)e\(digits)"
    }
    let scale = pow(10, Double(max(0, 3 - digits)))
    let rounded = (number * scale).rounded() / scale
    return rounded == rounded.rounded() && abs(rounded) >= 1000 ? "\(Int(rounded))" : "\(rounded)"
  }

  private func write(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
      if count <= 0 { return }
      bytes = bytes.dropFirst(count)
    }
  }
}
