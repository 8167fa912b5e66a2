import Autodiff
import Experiments
import LuaHost

/// `eb.run`: a training trajectory as a value. The steps are Swift (`TrainingLoop`); history, tracking and perturbations are Lua/Runs.
extension Library {
  /// - Parameters:
  ///   - native: helpers that know trees.
  ///   - rules: what the optimizers' files share.
  /// - Returns: What the files of runs share.
  func installRuns(_ native: LuaTable, _ rules: LuaTable) throws -> LuaTable {
    let loops = try state.registerBox("training loop", of: TrainingLoop.self)
    try installSeries()
    let logs = try installLogs()
    // loop(p, s, m, step, seed)
    try define("loop", in: native) { [unowned self] call in
      let trees = try (1...3).map { try call.value($0) }
      let loop = TrainingLoop(
        self, trees: trees, function: try call.function(4), seed: UInt64(bitPattern: Int64(try call.integer(5))))
      return try call.push(loop, as: loops)
    }
    try installState(of: loops, logs)
    try installSettings(of: loops)
    try installSteps(of: loops)
    try suggestMembers(of: loops)
    // progress(t) begins the progress line, progress() takes it away.
    try define("progress", in: native) { [unowned self] call in
      if let step = call.stack.integer(at: 1) { progress?.begin(at: step) } else { progress?.end() }
      return 0
    }
    // tell(text): a line for the user beside the results.
    try define("tell", in: native) { [unowned self] call in
      progress?.hide()
      tell(try call.string(1))
      return 0
    }
    let parts = try state.makeTable()
    try parts.set("rules", to: .table(rules))
    let files = ["runs", "program", "tracking", "steps", "history", "perturbations", "files", "plots"]
    try runEmbedded("Runs", files, [root, native, parts])
    return parts
  }

  // MARK: The value

  private func installState(of loops: LuaBoxType<TrainingLoop>, _ logs: LuaBoxType<RunLogBox>) throws {
    try loops.property("t") { call in try call.push(call.box(1, of: loops).step) }
    for (place, name) in ["params", "opt_state", "model_state"].enumerated() {
      try loops.property(name) { call in
        try call.stack.push(call.box(1, of: loops).trees[place])
        return 1
      }
    }
    try loops.property("seed") { call in try call.push(Int(bitPattern: UInt(call.box(1, of: loops).seed))) }
    try loops.property("obstacle") { call in
      guard let obstacle = try call.box(1, of: loops).obstacle else { return try call.pushNil() }
      return try call.push(obstacle)
    }
    try loops.property("log") { call in try call.push(RunLogBox(loop: call.box(1, of: loops)), as: logs) }
    try loops.property("loss") { call in try call.push(call.box(1, of: loops).lastLoss) }
    // first_difference(other, first, last): the first step in between whose numbers differ in a bit; nil if none does.
    try loops.method("first_difference") { call in
      let (a, b) = (try call.box(1, of: loops), try call.box(2, of: loops))
      let (first, last) = (try call.integer(3), try call.integer(4))
      guard let step = a.firstDifference(from: b, after: first, upTo: last) else { return try call.pushNil() }
      return try call.push(step)
    }
    // restore(t, p, s, m)
    try loops.method("restore") { call in
      let loop = try call.box(1, of: loops)
      let (step, trees) = (try call.integer(2), try (3...5).map { try call.value($0) })
      loop.restore(step: step, trees: trees)
      return 0
    }
    try loops.method("fork") { call in try call.push(TrainingLoop(copying: call.box(1, of: loops)), as: loops) }
    try loops.method("truncate") { call in
      let step = try call.integer(2)
      try call.box(1, of: loops).log.truncate(after: step)
      return 0
    }
    // take_log(other, t): what another loop has written down up to step t, instead of its own.
    try loops.method("take_log") { call in
      let (loop, other, step) = (try call.box(1, of: loops), try call.box(2, of: loops), try call.integer(3))
      loop.log = other.log
      loop.log.truncate(after: step)
      return 0
    }
    // set_column(name, steps, values): a whole column, as a series has it.
    try loops.method("set_column") { [unowned self] call in
      let (loop, name) = (try call.box(1, of: loops), try call.string(2))
      let (steps, values) = (try call.tensor(3, self).numbers(for: name), try call.tensor(4, self).numbers(for: name))
      let shape = Shape(Array(values.shape.dropFirst()))
      guard let place = loop.log.place(of: name, shape: shape) else { return 0 }
      let (numbers, width) = (try values.doubles(), shape.elementCount)
      for (i, step) in try steps.doubles().enumerated() {
        loop.log.withColumn(place) { $0.set(Array(numbers[i * width..<(i + 1) * width]), at: Int(step)) }
      }
      return 0
    }
    // record(name, t, value): a number, a boolean or a tensor, whose shape is that of the values before.
    try loops.method("record") { [unowned self] call in
      let (loop, name, step) = (try call.box(1, of: loops), try call.string(2), try call.integer(3))
      var (shape, numbers): (Shape, [Double])
      if let tensor = tensors.value(on: call.stack, at: 4) {
        (shape, numbers) = (tensor.shape, try tensor.numbers(for: name).doubles())
      } else if let number = call.stack.number(at: 4) ?? call.stack.bool(at: 4).map({ $0 ? 1 : 0 }) {
        (shape, numbers) = (.scalar, [number])
      } else {
        throw LuaError(
          .runtime,
          "track: '\(name)' gave a \(call.stack.typeName(at: 4)) at step \(step); expected a number, a boolean or a tensor")
      }
      guard let place = loop.log.place(of: name, shape: shape) else {
        throw LuaError(
          .runtime, "track: '\(name)' gave a value of shape \(shape) at step \(step); before it had \(loop.log[name]!.shape)")
      }
      loop.log.withColumn(place) { $0.set(numbers, at: step) }
      return 0
    }
  }

  // MARK: What it does

  private func installSettings(of loops: LuaBoxType<TrainingLoop>) throws {
    // set_step(step, compiled or nil, names of metrics)
    try loops.method("set_step") { call in
      let compiled: LuaReference? = call.isNil(3) ? nil : try call.stack.reference(at: 3)
      try call.box(1, of: loops).setStep(call.function(2), compiled: compiled, metrics: call.read(4, as: [String].self))
      return 0
    }
    try loops.method("set_seed") { call in
      let seed = try call.integer(2)
      try call.box(1, of: loops).seed = UInt64(bitPattern: Int64(seed))
      return 0
    }
    // set_hyper({ name = number or function of t }, { name = column } of those to be written down)
    try loops.method("set_hyper") { call in
      let loop = try call.box(1, of: loops)
      let values = try call.table(2)
      var hyper: [(name: String, value: LuaValue)] = []
      for key in try values.orderedKeys() { hyper.append((key.text, try values.get(.string(key.text)))) }
      loop.hyper = hyper.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
      loop.loggedHyper = try call.read(3, as: [String: String].self)
      return 0
    }
    // set_batches({ name = tensor }, count, size or nil, shuffle, drop_last); set_batches() for none
    try loops.method("set_batches") { [unowned self] call in
      let loop = try call.box(1, of: loops)
      guard !call.isNil(2) else {
        loop.batches = nil
        return 0
      }
      var fields: [String: NDArray] = [:]
      let table = try call.table(2)
      for key in try table.orderedKeys() {
        guard case .userdata(let reference) = try table.get(.string(key.text)), let tensor = try tensors.value(of: reference) else {
          continue
        }
        fields[key.text] = try tensor.numbers(for: "run")
      }
      let count = try call.integer(3)
      let order: BatchOrder? =
        call.isNil(4)
        ? nil
        : BatchOrder(
          count: count, size: try call.integer(4), shuffles: call.stack.isTrue(at: 5), dropsLast: call.stack.isTrue(at: 6))
      loop.batches = try BatchSource(fields: fields, order: order, count: count)
      return 0
    }
    // batch(t) -> { name = tensor }
    try loops.method("batch") { [unowned self] call in
      let (loop, step) = (try call.box(1, of: loops), try call.integer(2))
      guard let arrays = try loop.batches?.batch(step, seed: loop.seed), let names = loop.batches?.names else {
        return try call.pushNil()
      }
      try call.stack.pushTable(fields: names.count)
      for (name, array) in zip(names, arrays) {
        try push(Tensor(array), to: call.stack)
        try call.stack.rawSet(name, in: -2)
      }
      return 1
    }
    // hyper(t) -> { name = number }
    try loops.method("hyper") { call in
      let (loop, step) = (try call.box(1, of: loops), try call.integer(2))
      let numbers = try loop.hyperNumbers(step, call.stack)
      try call.stack.pushTable(fields: numbers.count)
      for (entry, value) in zip(loop.hyper, numbers) {
        try call.stack.push(value)
        try call.stack.rawSet(entry.name, in: -2)
      }
      return 1
    }
    try loops.method("step_seed") { call in
      let (loop, step) = (try call.box(1, of: loops), try call.integer(2))
      return try call.push(Int(bitPattern: UInt(stepSeed(loop.seed, step: step))))
    }
  }

  private func installSteps(of loops: LuaBoxType<TrainingLoop>) throws {
    // advance(count, bound, is_logged, last step for the progress line or nil) -> nil, "loss", or "divergence" and the loss
    try loops.method("advance") { [unowned self] call in
      let loop = try call.box(1, of: loops)
      let (count, bound, isLogged) = (try call.integer(2), try call.optionalNumber(3) ?? -.infinity, call.stack.isTrue(at: 4))
      let last = call.stack.integer(at: 5)
      let stop = try loop.advance(count, bound: bound, isLogged: isLogged, call.stack) { step, loss in
        if let last { progress?.show(step, of: last, loss: loss) }
      }
      switch stop {
      case nil: return try call.pushNil()
      case .loss: return try call.push("loss")
      case .divergence(let loss):
        try call.push("divergence")
        return 1 + (try call.push(loss))
      }
    }
  }
}
