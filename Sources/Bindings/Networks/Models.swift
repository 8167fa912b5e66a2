import Autodiff
import Dynamics
import LuaHost

/// `eb.models`: the models of the theory, whose dynamics are known in closed form. They are models like those of `eb.nn`.
extension Library {
  func installModels() throws {
    let models = state.boxType(of: ModelBox.self)!
    let module = try module("models")

    try define("diagonal", in: module) { [unowned self] call in
      let options = try Options(call, 1, known: ["d", "depth", "signed"], self, allNamed: true)
      guard let width = try options.size("d", call) else {
        throw call.error("option 'd', the size of an input, is missing", .argument)
      }
      let model = DiagonalNetwork(
        width: width, depth: try options.size("depth", call) ?? 2, signed: try options.bool("signed") ?? false)
      return try call.push(ModelBox(model, name: call.name), as: models)
    }
    try define("linear", in: module) { [unowned self] call in
      _ = try Options(call, 1, known: [], self)
      let sizes = try modelSizes(call, "{d, p}", 2...2)
      return try call.push(ModelBox(LinearModel(sizes[0], sizes[1]), name: call.name), as: models)
    }
    try define("deep_linear", in: module) { [unowned self] call in
      _ = try Options(call, 1, known: [], self)
      let sizes = try modelSizes(call, "widths from input to output, at least two", 2...Int.max)
      return try call.push(ModelBox(DeepLinearNetwork(sizes), name: call.name), as: models)
    }
    try define("matrix_factorization", in: module) { [unowned self] call in
      let options = try Options(call, 1, known: ["depth", "rank"], self)
      let sizes = try modelSizes(call, "{n, m}", 2...2)
      let (depth, rank) = (try options.size("depth", call) ?? 2, try options.size("rank", call))
      guard depth > 1 || rank == nil else { throw call.error("a single factor has no inner rank; leave 'rank' out", .argument) }
      let model = MatrixFactorization(sizes[0], sizes[1], depth: depth, rank: rank)
      return try call.push(ModelBox(model, name: call.name), as: models)
    }
    try define("quadratic", in: module) { [unowned self] call in
      let options = try Options(call, 1, known: ["H"], self, allNamed: true)
      guard let H = try options.tensor("H") else { throw call.error("option 'H', the matrix of the form, is missing", .argument) }
      guard !H.isTraced else {
        throw call.error("H is a constant of the model; inside a transform write the loss as 0.5 * x:dot(H:mm(x))", .argument)
      }
      let model = try Quadratic(H.numbers(for: call.name))
      return try call.push(ModelBox(model, name: call.name), as: models)
    }

    try models.method("effective") { [unowned self] call in
      try call.expect(2...2)
      let model = try call.box(1, of: models)
      guard let layer = model.layer as? any EffectiveModel else {
        throw call.error(
          "a model '\(model.name)' has no effective weights; diagonal, linear, deep_linear and matrix_factorization of eb.models do",
          .argument)
      }
      return try call.push(layer.effective(parameters(of: model, call, 2)[...]), self)
    }
  }

  private func modelSizes(_ call: LuaCall, _ expected: String, _ counts: ClosedRange<Int>) throws -> [Int] {
    try call.expectTable(1)
    let sizes = try positionalSizes(call, 1)
    guard counts.contains(sizes.count), !sizes.contains(0) else {
      throw call.error("expected \(expected), all positive, got {\(sizes.map(String.init).joined(separator: ", "))}", .argument)
    }
    return sizes
  }
}

extension Options {
  /// A positive whole number.
  fileprivate func size(_ name: String, _ call: LuaCall) throws -> Int? {
    guard let size = try integer(name) else { return nil }
    guard size >= 1 else { throw call.error("option '\(name)': expected a positive whole number, got \(size)", .argument) }
    guard size <= Int32.max else { throw call.error("option '\(name)': \(size) is larger than any dimension can be", .argument) }
    return size
  }
}
