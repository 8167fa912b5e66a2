import Autodiff
import LuaHost

/// `eb.memory`: what the session's tensors take, for seeing where memory goes.
extension Library {
  func installMemory() throws {
    try define("memory") { [unowned self] call in
      try call.expect(0...1)
      let resets = try Options(call, 1, known: ["reset_peak"], self, allNamed: true).bool("reset_peak") ?? false
      let statistics = engine.pool.statistics
      if resets { engine.pool.resetPeak() }
      let fields = [("live", statistics.live), ("peak", statistics.peak), ("cached", statistics.cached)]
      try call.stack.pushTable(fields: fields.count + 1)
      for (name, bytes) in fields {
        try call.stack.push(bytes)
        try call.stack.rawSet(.string(name), in: -2)
      }
      if engine.pool.limit != .max {
        try call.stack.push(engine.pool.limit)
        try call.stack.rawSet(.string("limit"), in: -2)
      }
      return 1
    }
  }
}
