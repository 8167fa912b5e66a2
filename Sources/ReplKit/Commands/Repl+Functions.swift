// The global `help` and the table `repl`: what the colon commands do, for programs.

import LuaHost

extension Repl {
  func installFunctions() throws(LuaError) {
    try state.register("help") { [unowned self] call in
      if call.count == 0 {
        show(overview())
      } else if let name = call.stack.string(at: 1) {
        show(try page(forName: name))
      } else {
        show(try page(forValueAt: 1, call.stack, name: nil))
      }
      return 0
    }
    let table = try state.makeTable()
    try table.setFunction("who") { [unowned self] _ in
      show(try who())
      return 0
    }
    try table.setFunction("reset") { [unowned self] _ in
      try reset()
      return 0
    }
    try table.setFunction("save") { [unowned self] call in try call.push(try save(to: try call.string(1))) }
    try table.setFunction("tb") { [unowned self] call in try call.push(traceback()) }
    try table.setFunction("time") { call in
      let start = monotonicNanoseconds()
      try call.stack.pushCopy(of: 1)
      let first = call.stack.top
      for i in 2..<max(2, call.count + 1) { try call.stack.pushCopy(of: i) }
      let count = try call.stack.call(arguments: max(0, call.count - 1))
      let seconds = Double(monotonicNanoseconds() - start) / 1e9
      // Seconds first, then what the function returned.
      let results = try (0..<count).map { try call.stack.value(at: first + $0) }
      try call.push(seconds)
      for result in results { try call.stack.push(result) }
      return count + 1
    }
    try table.setFunction("timeit") { [unowned self] call in
      let timing = try measure(try call.function(1))
      return try call.results(timing.best / 1e9, timing.median / 1e9)
    }
    try table.setFunction("run") { [unowned self] call in
      let function = try state.load(file: try call.string(1))
      let results = try state.call(function, try call.values(from: 2))
      for result in results { try call.stack.push(result) }
      return results.count
    }
    try table.setFunction("doc") { [unowned self] call in try call.push(try page(forName: try call.string(1))) }
    try table.setFunction("quit") { [unowned self] call in
      wantsToQuit = Int32(clamping: try call.optionalInteger(1) ?? 0)
      throw call.error("leaving")
    }
    try state.setGlobal("repl", to: table)
  }
}
