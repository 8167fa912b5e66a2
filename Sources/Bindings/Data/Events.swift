import Autodiff
import Experiments
import LuaHost

/// `eb.io.tensorboard`: files of events that TensorBoard shows.
extension Library {
  func installEvents(in module: LuaTable) throws {
    let files = try state.registerBox("event file", of: EventFile.self)
    try suggestMembers(of: files)
    try define("tensorboard", in: module) { [unowned self] call in
      try expectFiles("io.tensorboard")
      try call.expect(1...1)
      let directory = try call.string(1)
      try expectNoRecording("io.tensorboard")
      return try call.push(inFiles(call) { try EventFile(directory: directory) }, as: files)
    }
    try files.method("scalar") { [unowned self] call in
      try call.expect(4...4)
      let (file, tag, step) = (try call.box(1, of: files), try call.string(2), try call.integer(4))
      try expectNoRecording("scalar")
      let value = try call.tensor(3, self).scalarValue(call.name)
      try inFiles(call) { try file.add(tag: tag, value: value, step: step) }
      return 0
    }
    try files.method("histogram") { [unowned self] call in
      try call.expect(4...4)
      let (file, tag, step) = (try call.box(1, of: files), try call.string(2), try call.integer(4))
      try expectNoRecording("histogram")
      var values: [Double] = []
      for leaf in try tree(call, 3).leaves { values += try leaf.numbers(for: call.name).doubles() }
      try inFiles(call) { try file.add(tag: tag, histogram: values, step: step) }
      return 0
    }
    try files.property("path") { call in try call.push(call.box(1, of: files).path) }
    try files.method("close") { call in
      try call.box(1, of: files).close()
      return 0
    }
    try files.metamethod(.close, label: "close") { call in
      try call.box(1, of: files).close()
      return 0
    }
    try files.metamethod(.toString) { call in try call.push("event file '\(call.box(1, of: files).path)'") }
  }
}
