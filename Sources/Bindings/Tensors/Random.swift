import Autodiff
import LuaHost

/// Random tensors, drawn from the generator given as `rng` or from the session's own. A draw depends on its generator's seed and on how
/// many draws that one made before, on nothing else.
extension Library {
  func installRandom() throws {
    try define("rng") { [unowned self] call in
      try call.expect(1...1)
      if let seed = hostNumbers.value(on: call.stack, at: 1) {
        guard let recording, seed.numbers === recording.numbers else { throw seed.unknown(call.name) }
        return try call.push(
          GeneratorBox(RecordedStream(recording: recording, number: recording.draws.seeded(seed.node))), as: generators)
      }
      return try call.push(GeneratorBox(Generator(seed: seed(call))), as: generators)
    }
    try define("seed") { [unowned self] call in
      try call.expect(1...1)
      generator = GeneratorBox(Generator(seed: try seed(call)))
      return 0
    }
    try defineDraw("randn") { [unowned self] call, first, source in
      let (shape, options) = try shape(call, from: first)
      let dtype = try self.options(call, options, first).floatType(call)
      return try source(options).draw { (stream) throws(TensorError) in try stream.normal(shape, dtype) }
    }
    try defineDraw("rand") { [unowned self] call, first, source in
      let (shape, options) = try shape(call, from: first)
      let dtype = try self.options(call, options, first).floatType(call)
      return try source(options).draw { (stream) throws(TensorError) in try stream.uniform(shape, dtype) }
    }
    try defineDraw("randint") { [unowned self] call, first, source in
      let shape = try leadingShape(call, first)
      let (low, high) = (try call.integer(first + 1), try call.integer(first + 2))
      guard low <= high, let least = Int32(exactly: low), let most = Int32(exactly: high) else {
        throw call.error("no int32 numbers from \(low) to \(high)", .argument)
      }
      let options = try self.options(call, first + 3, first)
      let drawn = try source(first + 3).draw { (stream) throws(TensorError) in try stream.integers(shape, in: least...most) }
      return try drawn.cast(to: options.string("dtype") == nil ? .int32 : options.dtype())
    }
    try defineDraw("permutation") { [unowned self] call, first, source in
      let count = try Shape.checked([call.integer(first)], operation: call.name)[0]
      let options = try self.options(call, first + 1, first)
      let drawn = try source(first + 1).draw { (stream) throws(TensorError) in try stream.permutation(count) }
      return try (drawn + Tensor.scalar(1, .int32)).cast(to: options.string("dtype") == nil ? .int32 : options.dtype())
    }
    try defineLike("randn_like") { (stream, shape, dtype) throws(TensorError) in try stream.normal(shape, dtype) }
    try defineLike("rand_like") { (stream, shape, dtype) throws(TensorError) in try stream.uniform(shape, dtype) }
    try installSplit()
  }

  private func installSplit() throws {
    try generators.method("split") { [unowned self] call in
      try call.expect(2...2)
      let count = try call.integer(2)
      guard count >= 0 else { throw call.error("expected a count of generators, got \(count)", .argument) }
      let parts = try drawable(call.box(1, of: generators), call.name).split(count)
      try call.stack.pushTable(array: count)
      for (i, part) in parts.enumerated() {
        try generators.push(part, to: call.stack)
        try call.stack.rawSet(i + 1, in: -2)
      }
      return 1
    }
    try generators.metamethod(.toString) { call in try call.push("generator") }
    try suggestMembers(of: generators)
  }

  private func seed(_ call: LuaCall) throws -> UInt64 { UInt64(bitPattern: Int64(try call.integer(1))) }

  // A method has its generator in front of its arguments, a function of `eb` in its options.
  private func options(_ call: LuaCall, _ index: Int, _ first: Int) throws -> Options {
    try Options(call, index, known: first == 1 ? ["dtype", "rng"] : ["dtype"], self)
  }

  // Defines eb.name(…, {rng =}) and r:name(…). The body gets the index of the first argument and, for the index of its options, the
  // generator to draw from.
  private func defineDraw(
    _ name: String, _ body: @escaping (LuaCall, Int, (Int) throws -> GeneratorBox) throws -> Tensor
  ) throws {
    try define(name) { [unowned self] call in
      let drawn = try body(call, 1) { try self.options(call, $0, 1).generator() }
      return try call.push(drawn, self)
    }
    try generators.method(name) { [unowned self] call in
      let box = try drawable(call.box(1, of: generators), call.name)
      return try call.push(body(call, 2) { _ in box }, self)
    }
  }

  private func defineLike(
    _ name: String, _ draw: @escaping (inout Generator, Shape, DType) throws(TensorError) -> NDArray
  ) throws {
    func like(_ call: LuaCall, _ index: Int, _ options: Options, _ box: GeneratorBox) throws -> Int {
      let dtype = try options.string("dtype") == nil ? nil : options.floatType(call)
      var tree = try tree(call.stack, at: index)
      for i in tree.leaves.indices {
        let leaf = tree.leaves[i]
        let own = dtype ?? (leaf.dtype.isFloat ? leaf.dtype : engine.defaultFloat)
        tree.leaves[i] = try box.draw { (stream) throws(TensorError) in try draw(&stream, leaf.shape, own) }
      }
      return try push(tree, from: call)
    }
    try define(name) { [unowned self] call in
      let options = try self.options(call, 2, 1)
      return try like(call, 1, options, options.generator())
    }
    try generators.method(name) { [unowned self] call in
      try like(call, 2, self.options(call, 3, 2), drawable(call.box(1, of: generators), call.name))
    }
  }
}

extension Options {
  /// The option `dtype` where only floats make sense.
  fileprivate func floatType(_ call: LuaCall) throws -> DType {
    let dtype = try dtype()
    guard dtype.isFloat else {
      throw call.error("option 'dtype': expected \"float32\" or \"float64\", got \"\(dtype)\"", .argument)
    }
    return dtype
  }
}
