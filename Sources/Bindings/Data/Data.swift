import Autodiff
import Experiments
import LuaHost

/// `eb.data`, `eb.batches` and `eb.perturb`: the loaders are here; what can be said in Lua is (Lua/Data).
extension Library {
  func installData() throws {
    let data = try module("data")
    _ = try module("perturb")
    try define("idx", in: data) { [unowned self] call in
      try expectFiles("data.idx")
      let path = try call.string(1)
      return try call.push(reading(call) { Tensor(try IDXFile(path: path).array()) }, self)
    }

    let native = try embeddedHelpers()
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
    try runEmbedded("Data", ["datasets", "synthetic", "perturbations"], [root, native])
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
}
