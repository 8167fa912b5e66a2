// `:time` and `:timeit`.

import Glibc
import LuaHost

/// Nanoseconds of a clock that only goes forward.
func monotonicNanoseconds() -> Int {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  return now.tv_sec * 1_000_000_000 + now.tv_nsec
}

/// A time in the unit that suits it.
package func describeTime(nanoseconds: Double) -> String {
  let (value, unit): (Double, String) =
    switch nanoseconds {
    case ..<1e3: (nanoseconds, "ns")
    case ..<1e6: (nanoseconds / 1e3, "µs")
    case ..<1e9: (nanoseconds / 1e6, "ms")
    default: (nanoseconds / 1e9, "s")
    }
  let digits = value < 10 ? 2 : value < 100 ? 1 : 0
  let scale: Double = digits == 2 ? 100 : digits == 1 ? 10 : 1
  let rounded = (value * scale).rounded() / scale
  return digits == 0 ? "\(Int(rounded)) \(unit)" : "\(rounded) \(unit)"
}

/// How long one call takes, from several rounds of equally many.
struct Timing {
  var best: Double
  var median: Double
  var calls: Int
  var rounds: Int

  var text: String {
    "\(describeTime(nanoseconds: best)) at best, \(describeTime(nanoseconds: median)) in the median of \(rounds) rounds of \(calls)"
  }
}

extension Repl {
  func time(_ code: String) -> Outcome {
    var elapsed = 0
    let heap = state.heapBytes
    let outcome = run(code, isSilent: false) { call throws(LuaError) in
      let start = monotonicNanoseconds()
      defer { elapsed = monotonicNanoseconds() - start }
      try call()
    }
    if outcome == .done {
      let grown = (state.heapBytes - heap) / 1024
      show("\(describeTime(nanoseconds: Double(elapsed))), Lua's heap \(grown >= 0 ? "+" : "")\(grown) KB\n")
    }
    return outcome
  }

  func timeit(_ code: String) -> Outcome {
    let name = sources.registerInput(code)
    do {
      let function: LuaFunction
      if let expression = try? state.load("return " + code + "\n", name: "=" + name, environment: scope.environment) {
        function = expression
      } else {
        function = try state.load(code + "\n", name: "=" + name, environment: scope.environment)
      }
      show(try measure(function).text + "\n")
      return .done
    } catch {
      return report(error, input: name, offset: error.kind == .syntax ? state.placeOfSyntaxError(error, in: code, prefix: "") : nil)
    }
  }

  /// Calls a function until a round takes 50 ms, then seven rounds of that many calls.
  func measure(_ function: LuaFunction) throws(LuaError) -> Timing {
    let loop = try state.load("local f, n = ... for _ = 1, n do f() end", name: "=[ebbtide prompt]")
    func round(_ calls: Int) throws(LuaError) -> Double {
      let start = monotonicNanoseconds()
      try state.call(loop, [function, calls])
      return Double(monotonicNanoseconds() - start)
    }
    var calls = 1
    while true {
      let taken = try round(calls)
      if taken > 5e7 { break }
      calls = max(calls * 2, min(calls * 100, Int(Double(calls) * 6e7 / max(taken, 1))))
    }
    let rounds = calls == 1 ? 3 : 7
    var times: [Double] = []
    for _ in 0..<rounds { times.append(try round(calls) / Double(calls)) }
    times.sort()
    return Timing(best: times[0], median: times[rounds / 2], calls: calls, rounds: rounds)
  }
}
