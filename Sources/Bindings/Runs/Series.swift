import Autodiff
import Experiments
import LuaHost

/// `run.log`: the log of a run as it is when it is read.
struct RunLogBox {
  let loop: TrainingLoop
}

/// `run.log.loss`: one column of a log.
struct SeriesBox {
  let loop: TrainingLoop
  let name: String

  /// What the column has now.
  var column: RunLog.Column { loop.log[name] ?? RunLog.Column(shape: .scalar) }
}

extension Library {
  func installLogs() throws -> LuaBoxType<RunLogBox> {
    let logs = try state.registerBox("run log", of: RunLogBox.self)
    let series = state.boxType(of: SeriesBox.self)!
    try logs.index { call in
      let log = try call.box(1, of: logs)
      guard let name = call.stack.string(at: 2) else {
        throw call.error("a run log has no entries of type \(call.stack.typeName(at: 2))")
      }
      guard log.loop.log[name] != nil else {
        let known = log.loop.log.columns.map(\.name)
        throw LuaError(
          .runtime,
          "run.log: there is no '\(name)'" + suggestion(for: name, among: known)
            + (known.isEmpty ? "; nothing is written down before the first step" : "; there are \(known.joined(separator: ", "))"))
      }
      return try call.push(SeriesBox(loop: log.loop, name: name), as: series)
    }
    try logs.method("names") { call in try call.push(call.box(1, of: logs).loop.log.columns.map(\.name)) }
    try logs.metamethod(.toString) { call in
      let log = try call.box(1, of: logs).loop.log
      var lines = ["run log: \(log.columns.count) quantit\(log.columns.count == 1 ? "y" : "ies")"]
      for (name, column) in log.columns {
        let range = column.steps.isEmpty ? "" : ", steps \(column.steps[0]) to \(column.steps.last!)"
        lines.append("  \(name)  \(column.steps.count) value\(column.steps.count == 1 ? "" : "s")\(range)")
      }
      return try call.push(lines.joined(separator: "\n"))
    }
    try logs.method("csv") { [unowned self] call in
      let (log, path) = (try call.box(1, of: logs).loop.log, try call.string(2))
      try inFiles(call) { try log.writeCSV(to: path) }
      return 0
    }
    try logs.method("jsonl") { [unowned self] call in
      let (log, path) = (try call.box(1, of: logs).loop.log, try call.string(2))
      try inFiles(call) { try log.writeJSONLines(to: path) }
      return 0
    }
    try logs.method("tensorboard") { [unowned self] call in
      let (log, directory) = (try call.box(1, of: logs).loop.log, try call.string(2))
      return try call.push(inFiles(call) { try log.writeEvents(to: directory) })
    }
    return logs
  }

  func installSeries() throws {
    let series = try state.registerBox("series", of: SeriesBox.self)
    try series.property("name") { call in try call.push(call.box(1, of: series).name) }
    try series.property("step") { [unowned self] call in
      let steps = try call.box(1, of: series).column.steps
      return try call.push(Tensor(NDArray(steps.map { Int32(clamping: $0) }, shape: [steps.count])), self)
    }
    try series.property("value") { [unowned self] call in
      let column = try call.box(1, of: series).column
      let shape = Shape([column.steps.count] + Array(column.shape))
      return try call.push(Tensor(NDArray(column.numbers, shape: shape)), self)
    }
    try series.method("at") { [unowned self] call in
      let (box, step) = (try call.box(1, of: series), try call.integer(2))
      let column = box.column
      guard let value = column.value(at: step) else { return try call.pushNil() }
      if column.shape.rank == 0 { return try call.push(value.first!) }
      return try call.push(Tensor(NDArray(Array(value), shape: column.shape)), self)
    }
    try series.metamethod(.length) { call in try call.push(call.box(1, of: series).column.steps.count) }
    try series.metamethod(.toString) { call in
      let box = try call.box(1, of: series)
      let column = box.column
      guard let last = column.steps.last else { return try call.push("series \(box.name): empty") }
      let end = column.shape.rank == 0 ? ", last \(column.numbers.last!)" : ", each \(column.shape)"
      return try call.push("series \(box.name): \(column.steps.count) values, steps \(column.steps[0]) to \(last)\(end)")
    }
    try suggestMembers(of: series)
  }
}
