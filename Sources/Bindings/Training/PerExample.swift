import Autodiff
import Dynamics
import LuaHost

/// `eb.per_example(f)(p, X, …)`: the gradients of all examples' losses, read off without storing them.
extension Library {
  func installPerExample() throws {
    let boxes = try state.registerBox("per-example gradients", of: PerExampleBox.self)
    try suggestMembers(of: boxes)
    try defineTransform("per_example") { [unowned self] call in
      guard call.count >= 2 else {
        throw call.error("expected parameters and examples, got \(call.count) argument\(call.count == 1 ? "" : "s")", .argument)
      }
      let positions = Array(0..<call.count)
      let callback = try LuaCallback(
        call, function: call.captureIndex(1), arguments: Array(1..<(call.count + 1)), positions: positions,
        expecting: .tensor, self)
      let parameters = callback.inputs[0]
      let examples = Array(callback.leaves.dropFirst(parameters.leaves.count))
      let gradients = try PerExampleGradients(
        { (p, example) throws(TensorError) in
          try callback.apply(p + example)[0]
        }, at: parameters.leaves, over: examples)
      return try call.push(PerExampleBox(gradients: gradients, shape: parameters.shape), as: boxes)
    }

    try boxes.property("count") { call in try call.push(call.box(1, of: boxes).gradients.count) }
    try boxes.method("losses") { [unowned self] call in try call.push(call.box(1, of: boxes).gradients.losses, self) }
    try boxes.method("norms") { [unowned self] call in
      try call.push(sqrt(call.box(1, of: boxes).gradients.squaredNorms()), self)
    }
    try boxes.method("gram") { [unowned self] call in try call.push(call.box(1, of: boxes).gradients.gramMatrix(), self) }
    try boxes.method("coherence") { [unowned self] call in
      try pushNumber(call.box(1, of: boxes).gradients.coherence(), call)
    }
    try boxes.method("mean") { [unowned self] call in
      let box = try call.box(1, of: boxes)
      return try push(Tree(leaves: box.gradients.mean(), shape: box.shape), from: call)
    }
    try boxes.method("materialize") { [unowned self] call in
      let box = try call.box(1, of: boxes)
      return try push(Tree(leaves: box.gradients.materialized(), shape: box.shape), from: call)
    }
    // The sums over the examples inside and outside a bool mask.
    try boxes.method("group_sums") { [unowned self] call in
      let box = try call.box(1, of: boxes)
      let mask = try call.tensor(2, self)
      guard mask.dtype == .bool, mask.shape == [box.gradients.count] else {
        throw call.error("expected a mask bool[\(box.gradients.count)], one entry an example, got \(mask.spec)", .argument)
      }
      try push(Tree(leaves: box.gradients.weightedSum(mask), shape: box.shape), to: call.stack)
      try push(Tree(leaves: box.gradients.weightedSum(not(mask)), shape: box.shape), to: call.stack)
      return 2
    }
    try boxes.method("weighted_sum") { [unowned self] call in
      let box = try call.box(1, of: boxes)
      return try push(Tree(leaves: box.gradients.weightedSum(call.tensor(2, self)), shape: box.shape), from: call)
    }
    // ⟨gᵢ, v⟩ for a tree v like the parameters.
    try boxes.method("dot") { [unowned self] call in
      let box = try call.box(1, of: boxes)
      let direction = try tree(call, 2)
      if let difference = box.shape.difference(from: direction.shape) {
        throw call.error("expected a direction like the parameters: \(difference)", .argument)
      }
      let places = box.shape.paths()
      for (i, (leaf, spec)) in zip(direction.leaves, box.gradients.parameters).enumerated() where leaf.shape != spec.shape {
        let place = places[i].isEmpty ? "" : " at '\(places[i])'"
        throw call.error("expected a direction like the parameters, \(spec.shape)\(place), got \(leaf.shape)", .argument)
      }
      return try call.push(box.gradients.innerProducts(direction.leaves), self)
    }
    // The gradients in some of the parameters: what lies at a path, or at several, nested as it was.
    try boxes.method("restrict") { [unowned self] call in
      let box = try call.box(1, of: boxes)
      let one = call.stack.string(at: 2)
      let places = try one.map { [$0] } ?? call.read(2, as: [String].self)
      let paths = box.shape.paths()
      func isAt(_ path: String, _ place: String) -> Bool { path == place || path.hasPrefix(place + ".") }
      if let place = places.first(where: { place in !paths.contains { isAt($0, place) } }) {
        throw call.error("there is no parameter '\(place)'; there are \(paths.joined(separator: ", "))", .argument)
      }
      let kept = paths.indices.filter { i in places.contains { isAt(paths[i], $0) } }
      let shape = one.flatMap { box.shape.child(at: $0) } ?? box.shape.keeping(Set(kept))
      return try call.push(PerExampleBox(gradients: box.gradients.restricted(to: kept), shape: shape), as: boxes)
    }
    try installRanks(boxes)
    try boxes.metamethod(.toString) { call in
      let gradients = try call.box(1, of: boxes).gradients
      return try call.push("per-example gradients of \(gradients.count) examples")
    }
  }
}

/// What becomes of the values that the examples have in each coordinate.
extension Library {
  private func installRanks(_ boxes: LuaBoxType<PerExampleBox>) throws {
    func define(_ name: String, _ statistic: @escaping (PerExampleGradients, LuaCall) throws -> [Tensor]) throws {
      try boxes.method(name) { [unowned self] call in
        let box = try call.box(1, of: boxes)
        return try push(Tree(leaves: statistic(box.gradients, call), shape: box.shape), from: call)
      }
    }
    try define("median") { gradients, _ in try gradients.median() }
    try define("var") { gradients, _ in try gradients.variance() }
    try define("sign_sum") { gradients, _ in try gradients.signSum() }
    try define("winsorized") { [unowned self] gradients, call in try gradients.winsorized(percentile(call)) }
    try define("trimmed") { [unowned self] gradients, call in try gradients.trimmed(percentile(call)) }
    try define("quantile") { [unowned self] gradients, call in
      let q = try call.number(2)
      guard (0...1).contains(q) else { throw call.error("a fraction must be between 0 and 1, got \(q)", .argument) }
      let options = try Options(call, 3, known: ["method"], self, allNamed: true)
      return try gradients.quantile(q, nearest: options.choice("method", ["linear", "nearest"]) == "nearest")
    }
    try define("geometric_median") { [unowned self] gradients, call in
      let options = try Options(call, 2, known: ["iterations", "tolerance"], self, allNamed: true)
      let (iterations, tolerance) = (try options.integer("iterations") ?? 1000, try options.number("tolerance") ?? 1e-12)
      guard iterations > 0, tolerance >= 0 else {
        throw call.error("expected at least one iteration and no negative tolerance, got \(iterations) and \(tolerance)", .argument)
      }
      return try gradients.geometricMedian(iterations: iterations, tolerance: tolerance)
    }
  }

  // { c = percentile }
  private func percentile(_ call: LuaCall) throws -> Double {
    let options = try Options(call, 2, known: ["c"], self, allNamed: true)
    guard let c = try options.number("c") else { throw call.error("option 'c' is missing", .argument) }
    guard (0...50).contains(c) else { throw call.error("option 'c': expected a percentage from 0 to 50, got \(c)", .argument) }
    return c
  }
}

/// Per-example gradients with the shape of the parameter tree they belong to.
struct PerExampleBox {
  let gradients: PerExampleGradients
  let shape: TreeShape
}
