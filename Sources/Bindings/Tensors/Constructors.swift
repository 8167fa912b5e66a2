import Autodiff
import Glibc
import LuaHost

/// Tensors from shapes and numbers. Shape and options share one table: `eb.zeros{3, 4, dtype = "float64"}`.
extension Library {
  func installConstructors() throws {
    try defineFilled("zeros", 0)
    try defineFilled("ones", 1)
    try installFull()
    try installLikes()
    try installRanges()
    try define("eye") { [unowned self] call in
      let rows = try size(call, 1)
      let columns = call.type(2) == .number ? try size(call, 2) : rows
      let options = try Options(call, call.type(2) == .number ? 3 : 2, known: ["dtype"], self)
      let n = Swift.max(rows, columns)
      let square = try Tensor.identity(n, options.dtype())
      return try call.push(square.sliced(starts: [0, 0], counts: [rows, columns], steps: [1, 1]).packed(), self)
    }
    try define("default_dtype") { [unowned self] call in
      try call.expect(0...1)
      if let name = try call.optionalString(1) {
        guard let dtype = DType(name: name), dtype.isFloat else {
          throw call.error("expected \"float32\" or \"float64\", got \"\(name)\"", .argument)
        }
        engine.defaultFloat = dtype
      }
      return try call.push(engine.defaultFloat.description)
    }
  }

  /// The shape that ends a call's arguments but for the options, and where those stand.
  func shape(_ call: LuaCall, from index: Int = 1) throws -> (shape: Shape, options: Int) {
    let (sizes, options) = try call.sizes(from: index, "size")
    if call.count > options, !call.isNil(options + 1) { throw call.mismatch(options + 1, expected: "no further argument") }
    if call.type(options) != .table, !call.isNil(options) { throw call.mismatch(options, expected: "table of options") }
    return (try .checked(sizes, operation: call.name), options)
  }

  /// A shape before other arguments: a table, or a number for one dimension.
  func leadingShape(_ call: LuaCall, _ index: Int) throws -> Shape {
    let sizes = try call.type(index) == .number ? [call.integer(index)] : call.integers(at: index, "size")
    return try .checked(sizes, operation: call.name)
  }

  /// One size.
  private func size(_ call: LuaCall, _ index: Int) throws -> Int {
    try Shape.checked([call.integer(index)], operation: call.name)[0]
  }

  private func defineFilled(_ name: String, _ value: Double) throws {
    try define(name) { [unowned self] call in
      let (shape, options) = try shape(call)
      let dtype = try Options(call, options, known: ["dtype"], self).dtype()
      return try call.push(Tensor(.full(shape, value, dtype)), self)
    }
  }

  // A number, or a boolean for a bool tensor.
  private func fill(_ call: LuaCall, _ index: Int, _ dtype: DType?) throws -> (Double, DType) {
    if let flag = call.stack.bool(at: index) { return (flag ? 1 : 0, dtype ?? .bool) }
    let value = try call.number(index)
    let dtype = dtype ?? engine.defaultFloat
    if dtype == .int32, Int32(exactly: value) == nil { throw call.error("\(value) has no int32 value", .argument) }
    return (value, dtype)
  }

  private func installFull() throws {
    try define("full") { [unowned self] call in
      try call.expect(2...3)
      let shape = try leadingShape(call, 1)
      let options = try Options(call, 3, known: ["dtype"], self)
      let (value, dtype) = try fill(call, 2, options.string("dtype") == nil ? nil : options.dtype())
      return try call.push(Tensor(.full(shape, value, dtype)), self)
    }
  }

  // zeros_like and its kin take whole trees, leaf by leaf.
  private func installLikes() throws {
    func defineLike(_ name: String, _ optionsIndex: Int, _ value: @escaping (LuaCall, DType?) throws -> (Double, DType?)) throws {
      try define(name) { [unowned self] call in
        try call.expect((optionsIndex - 1)...optionsIndex)
        let options = try Options(call, optionsIndex, known: ["dtype"], self)
        let dtype = try options.string("dtype") == nil ? nil : options.dtype()
        var tree = try tree(call.stack, at: 1)
        for i in tree.leaves.indices {
          let leaf = tree.leaves[i]
          let (number, own) = try value(call, dtype ?? leaf.dtype)
          tree.leaves[i] = try Tensor(.full(leaf.shape, number, own ?? dtype ?? leaf.dtype))
        }
        return try push(tree, from: call)
      }
    }
    try defineLike("zeros_like", 2) { _, _ in (0, nil) }
    try defineLike("ones_like", 2) { _, _ in (1, nil) }
    try defineLike("full_like", 3) { [unowned self] call, dtype in try fill(call, 2, dtype) }
  }

  private func installRanges() throws {
    // As Lua's numeric for: both ends belong to the range. A step that misses the end by rounding alone still reaches it.
    try define("arange") { [unowned self] call in
      var numbers: [Double] = []
      while numbers.count < 3, call.type(numbers.count + 1) == .number { numbers.append(try call.number(numbers.count + 1)) }
      try call.expect(1...(numbers.count + 1))
      guard let only = numbers.first else { throw call.mismatch(1, expected: "number") }
      let options = try Options(call, numbers.count + 1, known: ["dtype"], self)
      let (first, last) = numbers.count == 1 ? (1, only) : (numbers[0], numbers[1])
      let step = numbers.count == 3 ? numbers[2] : 1
      let steps = (last - first) / step
      guard step != 0, steps.isFinite else { throw call.error("no range from \(first) to \(last) in steps of \(step)", .argument) }
      let count = Swift.max(0, (steps + 1e-10 * Swift.max(1, steps.magnitude)).rounded(.down) + 1)
      guard count <= Double(Int32.max) else { throw call.error("\(count) elements are too many", .argument) }
      let dtype = try options.dtype()
      if dtype == .int32, [first, step].contains(where: { Int32(exactly: $0) == nil }) {
        throw call.error("\(first) and the step \(step) must be int32 values", .argument)
      }
      return try call.push(Tensor(.sequence(Int(count), from: first, by: step, dtype)), self)
    }
    try defineSpaced("linspace") { $0 }
    try defineSpaced("logspace") { Glibc.pow(10, $0) }
  }

  private func defineSpaced(_ name: String, _ value: @escaping (Double) -> Double) throws {
    try define(name) { [unowned self] call in
      try call.expect(3...4)
      let (first, last, count) = (try call.number(1), try call.number(2), try size(call, 3))
      let dtype = try Options(call, 4, known: ["dtype"], self).dtype()
      let values = (0..<count).map { i in
        // The last one is the end itself, without rounding.
        value(i == count - 1 && count > 1 ? last : first + Double(i) * ((last - first) / Double(Swift.max(1, count - 1))))
      }
      return try call.push(Tensor(NDArray(values, shape: [count])).cast(to: dtype), self)
    }
  }
}
