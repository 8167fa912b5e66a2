import Autodiff
import CResources
import Experiments
import LuaHost

/// `eb.data`, `eb.batches` and `eb.perturb`: the loaders are here; what can be said in Lua is (Lua/data.lua).
extension Library {
  func installData() throws {
    let data = try module("data")
    _ = try module("perturb")
    try define("idx", in: data) { [unowned self] call in
      try call.push(Tensor(IDXFile(path: call.string(1)).array()), self)
    }

    let native = try state.makeTable()
    try define("mnist", in: native) { [unowned self] call in
      let options = try Options(call, 1, known: ["dir", "flatten", "limit"], self)
      let sets = try MNIST.load(
        directory: options.string("dir"), flatten: options.bool("flatten") ?? true, limit: limit(options, call))
      return try pushSets(sets, call)
    }
    try define("mnist_sample", in: native) { [unowned self] call in
      let options = try Options(call, 1, known: ["flatten", "limit"], self)
      return try pushSets(MNIST.sample(flatten: options.bool("flatten") ?? true, limit: limit(options, call)), call)
    }
    try define("is_tensor", in: native) { [unowned self] call in
      try call.push(tensors.value(on: call.stack, at: 1) != nil)
    }
    // check(operation, options, known names): an unknown option is an error with a suggestion.
    try define("check", in: native) { call in
      guard !call.isNil(2) else { return 0 }
      let operation = try call.string(1)
      guard call.type(2) == .table else {
        throw LuaError(.argument, "\(operation): expected a table of options, got \(call.stack.typeName(at: 2))")
      }
      let known = try call.read(3, as: [String].self)
      for case .string(let key) in try call.stack.orderedKeys(at: 2) where !known.contains(key) {
        throw LuaError(.argument, "\(operation): unknown option '\(key)'" + suggestion(for: key, among: known))
      }
      return 0
    }
    try runEmbedded("data.lua", [root, native])
  }

  private func limit(_ options: Options, _ call: LuaCall) throws -> Int? {
    guard let limit = try options.integer("limit") else { return nil }
    guard limit > 0 else { throw call.error("option 'limit': expected a positive number, got \(limit)", .argument) }
    return limit
  }

  private func pushSets(_ sets: (train: Dataset, test: Dataset), _ call: LuaCall) throws -> Int {
    for set in [sets.train, sets.test] {
      try call.stack.pushTable(fields: 3)
      try push(Tensor(set.x), to: call.stack)
      try call.stack.rawSet("x", in: -2)
      try push(Tensor(set.y), to: call.stack)
      try call.stack.rawSet("y", in: -2)
      try call.stack.push(set.classes)
      try call.stack.rawSet("classes", in: -2)
    }
    return 2
  }

  /// Runs a Lua file that is part of the program, with these arguments.
  func runEmbedded(_ name: String, _ arguments: [any LuaPushable]) throws {
    let resource = ebb_resource_named("lua/\(name)")
    let bytes = UnsafeBufferPointer(start: resource.bytes, count: resource.size)
    let chunk = try state.load(String(decoding: bytes, as: UTF8.self), name: "=[ebbtide \(name)]")
    _ = try state.call(chunk, arguments)
  }
}
