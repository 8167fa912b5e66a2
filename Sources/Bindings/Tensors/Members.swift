import Autodiff
import LuaHost

/// What the members of a tensor share: one definition for `x:name(…)` and `eb.name(x, …)`, and the reading of dimensions, which count
/// from 1 or from the end and become axes from 0 here.
extension Library {
  /// Defines a function as method of tensors and in `eb`.
  func defineMember(_ name: String, _ body: @escaping LuaBody) throws {
    try defineMember(name, try state.makeFunction(name, body))
  }

  /// Defines a function that exists already as method of tensors and in `eb`.
  func defineMember(_ name: String, _ function: LuaFunction) throws {
    try tensors.method(name, function)
    try root.set(.string(name), to: .function(function))
  }

  /// Defines a function of a tensor and up to `most` arguments in all that gives one tensor.
  func defineMember(_ name: String, upTo most: Int, _ body: @escaping (Tensor, LuaCall) throws -> Tensor) throws {
    try defineMember(name) { [unowned self] call in
      try call.expect(1...most)
      return try call.push(body(call.tensor(1, self), call), self)
    }
  }
}

extension LuaCall {
  /// A dimension counted from 1, or from the end when negative, as an axis from 0.
  func axis(_ dimension: Int, rank: Int) throws -> Int {
    let axis = dimension > 0 ? dimension - 1 : dimension + rank
    guard dimension != 0, (0..<rank).contains(axis) else {
      let range = rank == 0 ? "a scalar has none" : "it has 1..\(rank) (or -\(rank)..-1 from the end)"
      throw error(
        "dimension \(dimension) does not exist in a tensor with \(rank) dimension\(rank == 1 ? "" : "s"); \(range)", .argument)
    }
    return axis
  }

  /// The dimension in an argument as an axis from 0; `absent` (a dimension, too) where nothing or nil was given.
  func axis(at index: Int, of x: Tensor, absent: Int? = nil) throws -> Int {
    if isNil(index), let absent { return try axis(absent, rank: x.rank) }
    return try axis(integer(index), rank: x.rank)
  }

  /// The whole numbers of the sequence part of a table argument.
  func integers(at index: Int, _ what: String) throws -> [Int] {
    try expectTable(index)
    return try (0..<stack.rawLength(at: index)).map { i in
      try stack.rawGet(i + 1, from: index)
      defer { stack.pop() }
      guard let value = stack.integer(at: -1) else {
        let got = stack.number(at: -1).map { "\($0)" } ?? stack.typeName(at: -1)
        throw error("\(what) \(i + 1) must be a whole number, got \(got)", .argument)
      }
      return value
    }
  }

  /// Whether an argument is a table that holds options only: nothing stands at its places 1, 2, ….
  func isOptions(_ index: Int) -> Bool { type(index) == .table && stack.rawLength(at: index) == 0 }

  /// Whole numbers given either as one table or one after another, and where the options then are: in that table itself, or in the
  /// argument after them.
  func sizes(from index: Int, _ what: String) throws -> (sizes: [Int], options: Int) {
    if type(index) == .table {
      let sizes = try integers(at: index, what)
      // {3, 4, dtype = "float64"} and {3, 4}, {dtype = "float64"} are both good.
      return (sizes, type(index + 1) == .table ? index + 1 : index)
    }
    var sizes: [Int] = []
    var next = index
    while type(next) == .number {
      sizes.append(try integer(next))
      next += 1
    }
    guard next > index else { throw mismatch(index, expected: "table of \(what)s or numbers") }
    if next <= count, !isOptions(next) { throw mismatch(next, expected: "\(what) or table of options") }
    return (sizes, next)
  }
}

/// The dimensions of a reduction as a call names them: `x:sum()`, `x:sum(2)`, `x:sum({1, -1}, {keepdims = true})`.
struct ReducedAxes {
  /// Counted from 0, ascending, without repetition.
  let axes: [Int]
  /// Whether one dimension was named by a number, which is when indices of extremes are wanted.
  let isSingle: Bool
  let options: Options
  private let shape: Shape
  private let keeps: Bool

  /// - Parameters:
  ///   - index: where the dimension may stand; options follow it or take its place.
  ///   - known: options besides `keepdims`.
  init(_ call: LuaCall, at index: Int, of x: Tensor, known: [String] = [], _ library: Library) throws {
    shape = x.shape
    var dimensions: [Int]?
    var optionsIndex = index + 1
    var single = false
    switch call.type(index) {
    case .none, .nil: break
    case .table:
      // The options may stand beside the dimensions, too: x:sum{1, 2, keepdims = true}.
      if call.isNil(index + 1) { optionsIndex = index }
      if !call.isOptions(index) { dimensions = try call.integers(at: index, "dimension") }
    case .number:
      dimensions = [try call.integer(index)]
      single = true
    default: throw call.mismatch(index, expected: "dimension, table of dimensions or table of options")
    }
    try call.expect(1...Swift.max(optionsIndex, index))
    options = try Options(call, optionsIndex, known: ["keepdims"] + known, library)
    keeps = try options.bool("keepdims") ?? false
    isSingle = single
    guard let dimensions else {
      axes = x.allAxes
      return
    }
    let resolved = try dimensions.map { try call.axis($0, rank: x.rank) }
    axes = Set(resolved).sorted()
    if axes.count < resolved.count { throw call.error("the dimensions \(dimensions) name one twice", .argument) }
  }

  /// The result with the reduced dimensions put back as 1 where the call asked for it.
  func finished(_ result: Tensor) throws -> Tensor { keeps ? try result.reshaped(shape.keeping(axes)) : result }
}
