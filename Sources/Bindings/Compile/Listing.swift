import Autodiff

extension CompiledFunction {
  /// What `tostring` gives: for each plan its arguments, steps, memory and work.
  var listing: String {
    let head =
      "compiled function: \(entries.count) plan\(entries.count == 1 ? "" : "s"), recorded \(recordings) time\(recordings == 1 ? "" : "s")"
    return ([head] + entries.map(\.listing)).joined(separator: "\n")
  }
}

extension CompiledEntry {
  fileprivate var listing: String {
    var arguments = specs.indices.map { "\(specs[$0])" + (donated.contains($0) ? " donated" : "") }
    for place in places {
      switch place {
      case .box(_, let spec, _): arguments.append("captured \(spec)")
      case .number(_, let dtype): arguments.append("number as \(dtype)")
      case .draw(let number): arguments.append("draw \(number + 1)")
      }
    }
    return "plan (\(arguments.joined(separator: ", ")))\n" + plan.listing
  }
}
