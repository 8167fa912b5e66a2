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
      try expectFiles("data.idx")
      let path = try call.string(1)
      return try call.push(reading(call) { Tensor(try IDXFile(path: path).array()) }, self)
    }

    let native = try state.makeTable()
    try define("csv", in: native) { [unowned self] call in
      try expectFiles("data.csv")
      return try reading(call) { try readTable(call) }
    }
    try define("mnist", in: native) { [unowned self] call in try pushMNIST(.digits, call) }
    try define("fashion_mnist", in: native) { [unowned self] call in try pushMNIST(.fashion, call) }
    try define("cifar10", in: native) { [unowned self] call in
      try expectFiles("data.cifar10")
      let options = try Options(call, 1, known: ["dir", "flatten", "limit"], self, allNamed: true)
      let (directory, flatten, limit) = (try options.string("dir"), try options.bool("flatten") ?? false, try limit(options, call))
      return try pushSets(reading(call) { try CIFAR10.load(directory: directory, flatten: flatten, limit: limit) }, call)
    }
    try define("mnist_sample", in: native) { [unowned self] call in
      let options = try Options(call, 1, known: ["flatten", "limit"], self, allNamed: true)
      return try pushSets(MNIST.sample(flatten: options.bool("flatten") ?? true, limit: limit(options, call)), call)
    }
    try define("is_tensor", in: native) { [unowned self] call in
      try call.push(tensors.value(on: call.stack, at: 1) != nil)
    }
    // Errors of Lua code inside the program carry the user's line only when they come from Swift.
    try define("fail", in: native) { call in throw LuaError(.argument, try call.string(1)) }
    try define("check", in: native) { [unowned self] call in try checkOptions(call) }
    try runEmbedded("data.lua", [root, native])
    try runEmbedded("synthetic.lua", [root, native])
  }

  // check(operation, options, { name = kind }): an unknown option is an error with a suggestion, one of another kind is refused.
  private func checkOptions(_ call: LuaCall) throws -> Int {
    let operation = try call.string(1)
    guard !call.isNil(2) else { return 0 }
    let stack = call.stack
    guard call.type(2) == .table else {
      throw LuaError(.argument, "\(operation): expected a table of options, got \(stack.typeName(at: 2))")
    }
    let kinds = try call.read(3, as: [String: String].self)
    for key in try stack.orderedKeys(at: 2) {
      guard let kind = kinds[key.text] else {
        throw LuaError(.argument, "\(operation): " + Options.unknown(key.text, kinds.keys.sorted()))
      }
      try stack.rawGet(key, from: 2)
      defer { stack.pop() }
      let fits =
        switch kind {
        case "integer": stack.integer(at: -1) != nil
        case "generator": generators.value(on: stack, at: -1) != nil
        default: stack.typeName(at: -1) == kind
        }
      guard fits else {
        throw LuaError(.argument, "\(operation): option '\(key.text)': expected \(kind), got \(try stack.describe(at: -1))")
      }
    }
    return 0
  }

  private func pushMNIST(_ kind: MNIST.Kind, _ call: LuaCall) throws -> Int {
    try expectFiles("data.\(kind)")
    let options = try Options(
      call, 1, known: ["dir", "flatten", "limit", "download", "url", "sha256"], self, allNamed: true)
    let (directory, flatten, limit) = (try options.string("dir"), try options.bool("flatten") ?? true, try limit(options, call))
    let download = try options.bool("download") ?? false
    var origin = MNIST.Origin.known(for: kind)
    if let address = try options.string("url") { origin.mirrors = [address] }
    let digests = try options.read("sha256", "table of file names and digits") {
      try [String: String].read(from: call.stack, at: $0)
    }
    for (name, digits) in digests ?? [:] {
      guard origin.digests[name] != nil else {
        let names = origin.digests.keys.sorted()
        throw call.error("option 'sha256': there is no file '\(name)'" + suggestion(for: name, among: names), .argument)
      }
      origin.digests[name] = .sha256(digits)
    }
    return try pushSets(
      reading(call) {
        if download { try MNIST.fetch(kind, into: directory, from: origin) }
        return try MNIST.load(kind, directory: directory, flatten: flatten, limit: limit)
      }, call)
  }

  // What the readers throw, with the operation in front where the sentence does not begin with one.
  private func reading<R>(_ call: LuaCall, _ body: () throws -> R) throws -> R {
    do { return try body() } catch let error as DataError {
      switch error {
      case .system, .notAFile, .tooLarge, .download: throw LuaError(.runtime, "data.\(call.name): \(error.message)", cause: error)
      default: throw error
      }
    }
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
