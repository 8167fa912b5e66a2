import Autodiff
import Experiments
import LuaHost

/// Histograms, bars and heat maps from what `eb.plot` was called with.
extension PlotArguments {
  // MARK: Histograms

  /// Counts of values, all series between the same borders.
  func histogram() throws -> Panel {
    let samples = try samples()
    let edges = try edges(of: samples.flatMap(\.values))
    let asDensity = try options.bool("density") ?? false
    var panel = Panel()
    for (name, values) in samples {
      var counts = Histogram.counts(of: values, in: edges)
      if asDensity {
        let total = counts.reduce(0, +)
        counts = counts.indices.map { total > 0 ? counts[$0] / total / (edges[$0 + 1] - edges[$0]) : 0 }
      }
      var bars = Panel.Bars(name: name, edges: Array(zip(edges, edges.dropFirst())), heights: counts)
      bars.filled = samples.count == 1
      panel.bars.append(bars)
    }
    return panel
  }

  // A sample may be a tensor of any shape.
  private func samples() throws -> [(name: String, values: [Double])] {
    let stack = call.stack
    func flat(_ index: Int) throws -> [Double]? {
      guard let tensor = library.tensors.value(on: stack, at: index), tensor.rank != 1 else { return nil }
      return try tensor.numbers(for: call.name).doubles()
    }
    if isSingle, let values = try flat(1) { return [("", values)] }
    guard !isSingle else { return try series(keys: []).map { ($0.name, $0.y) } }
    var result: [(String, [Double])] = []
    for i in 0..<stack.rawLength(at: 1) {
      try stack.rawGet(i + 1, from: 1)
      defer { stack.pop() }
      let (top, place) = (stack.top, "series \(i + 1)")
      if let values = try flat(top) {
        result.append(("", values))
      } else if stack.type(at: top) == .table {
        for case .string(let key) in try stack.orderedKeys(at: top) where key != "name" && key != "y" {
          throw wrong("\(place): " + Options.unknown(key, ["y", "name"]))
        }
        try stack.rawGet("name", from: top)
        let name = stack.string(at: -1) ?? ""
        stack.pop()
        try stack.rawGet("y", from: top)
        if stack.isNil(at: -1) {
          stack.pop()
          try stack.rawGet(1, from: top)
        }
        defer { stack.pop() }
        if try library.plotNumber(call, at: stack.top) != nil {
          result.append((name, try library.plotNumbers(call, at: top, place)))
        } else if let column = library.column(stack, at: -1) {
          result.append((name.isEmpty ? column.name : name, column.column.numbers))
        } else {
          result.append((name, try flat(stack.top) ?? library.plotNumbers(call, at: stack.top, place)))
        }
      } else if let column = library.column(stack, at: top) {
        result.append((column.name, column.column.numbers))
      } else {
        result.append(("", try library.plotNumbers(call, at: top, place)))
      }
    }
    guard !result.isEmpty else { throw wrong("expected at least one series, got none") }
    return result
  }

  // The option `bins`: their number, or their borders.
  private func edges(of values: [Double]) throws -> [Double] {
    var count: Int?
    if let given = try options.value("bins") {
      if case .table = given { return try borders() }
      if case .userdata = given { return try borders() }
      count = try options.integer("bins")
      guard (1...10_000).contains(count!) else { throw wrong("option 'bins': expected 1 to 10000, got \(count!)") }
    }
    return Histogram.edges(of: values, count: count, isLog: try isLogX())
  }

  private func borders() throws -> [Double] {
    let edges = try numbers("bins") ?? []
    guard edges.count > 1, edges.allSatisfy(\.isFinite), zip(edges, edges.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw wrong("option 'bins': expected a number of bins, or at least two borders that ascend")
    }
    return edges
  }

  // MARK: Bars

  /// Bars beside each other at 1, 2, …, those of several series in groups.
  func bars() throws -> Panel {
    let series = try series(keys: ["error"])
    var panel = Panel()
    let count = series.map(\.y.count).max()!
    for (i, each) in series.enumerated() {
      let width = 0.8 / Double(series.count)
      let edges = each.y.indices.map { at in
        let left = Double(at + 1) - 0.4 + Double(i) * width
        return (left, left + width)
      }
      var bars = Panel.Bars(name: each.name, edges: edges, heights: each.y)
      bars.error = each.error
      panel.bars.append(bars)
    }
    let labels = try options.read("labels", "table of strings") { try [String].read(from: call.stack, at: $0) }
    if let labels, labels.count != count {
      throw wrong("option 'labels': \(labels.count) labels for \(count) bars; they must be equal")
    }
    panel.categories = labels ?? (1...max(count, 1)).map { "\($0)" }
    return panel
  }

  // MARK: Heat maps

  /// A matrix as colours, with curves over it.
  func heat() throws -> Panel {
    let tensor: Tensor?
    if isSingle {
      tensor = library.tensors.value(on: call.stack, at: 1)
    } else {
      try call.stack.rawGet(1, from: 1)
      tensor = library.tensors.value(on: call.stack, at: -1)
      call.stack.pop()
      guard call.stack.rawLength(at: 1) <= 1 else { throw wrong("expected one tensor, got \(call.stack.rawLength(at: 1)) values") }
    }
    guard let tensor else { throw wrong("expected a tensor [rows, columns]") }
    guard tensor.rank == 2, tensor.count > 0 else {
      throw wrong("expected a tensor [rows, columns] with at least one element, got shape \(tensor.shape)")
    }
    let (rows, columns) = (tensor.shape[0], tensor.shape[1])
    let (logX, logY) = (try isLogX(), try isLogY())
    func places(_ name: String, _ count: Int, _ dimension: String, isLog: Bool) throws -> [Double]? {
      guard let places = try numbers(name) else {
        if isLog { throw wrong("a logarithmic axis needs the option '\(name)'") }
        return nil
      }
      guard places.count == count else {
        throw wrong("option '\(name)': \(places.count) values for \(count) \(dimension); they must be equal")
      }
      let ascends = zip(places, places.dropFirst()).allSatisfy { $0 < $1 }
      guard places.allSatisfy(\.isFinite), ascends, !isLog || places[0] > 0 else {
        throw wrong("option '\(name)': expected finite values that ascend" + (isLog ? ", above 0 on a logarithmic axis" : ""))
      }
      return places
    }
    let x = try places("x", columns, "columns", isLog: logX)
    let y = try places("y", rows, "rows", isLog: logY)
    var heat = Heat(
      try tensor.numbers(for: call.name).doubles(), x: x ?? (1...columns).map(Double.init), y: y ?? (1...rows).map(Double.init),
      logX: logX, logY: logY)
    // Without places it is a matrix, which is written from the top.
    heat.firstRowOnTop = try options.bool("top") ?? (y == nil)
    heat.label = try options.string("zlabel") ?? ""
    heat.isLog = try options.bool("logz") ?? false
    heat.limits = try limits("zlim", isLog: heat.isLog)
    if let name = try options.choice("colors", Heat.Colours.allCases.map(\.rawValue)) {
      heat.colours = Heat.Colours(rawValue: name)!
    }
    var panel = Panel(
      try series(in: "series", keys: PlotArguments.curveKeys).map { curve($0, connected: true) })
    panel.heat = heat
    return panel
  }
}
