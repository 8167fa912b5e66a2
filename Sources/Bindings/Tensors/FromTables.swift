import Autodiff
import LuaHost

/// `eb.tensor`: numbers, booleans, tensors and nested tables of them become one tensor.
extension Library {
  func installFromTables() throws {
    try define("tensor") { [unowned self] call in
      try call.expect(1...2)
      // The dtype may stand in the table of numbers itself or in a second one.
      let isTable = call.type(1) == .table
      let own = isTable ? try Options(call, 1, known: ["dtype"], self).string("dtype") != nil : false
      let options = try Options(call, own ? 1 : 2, known: ["dtype"], self)
      let dtype = try options.string("dtype") == nil ? nil : options.dtype()
      if let tensor = tensors.value(on: call.stack, at: 1) {
        return try call.push((dtype.map { try tensor.cast(to: $0) } ?? tensor).cloned(), self)
      }
      var reader = TableReader(call: call, library: self)
      try reader.read(at: 1, depth: 0)
      return try call.push(reader.tensor(dtype), self)
    }
  }
}

/// Walks nested tables once, noting the sizes on the way down the first branch and comparing all others with them.
private struct TableReader {
  let call: LuaCall
  let library: Library
  private var sizes: [Int] = []
  private var isOpen = true
  private var path: [Int] = []
  private var numbers: [Double] = []
  private var parts: [Tensor] = []
  private var kind: Kind?

  private enum Kind: String { case number, boolean, tensor }

  init(call: LuaCall, library: Library) {
    self.call = call
    self.library = library
  }

  mutating func read(at index: Int, depth: Int) throws {
    let stack = call.stack
    if stack.type(at: index) == .table {
      let count = stack.rawLength(at: index)
      if depth == sizes.count, isOpen {
        guard depth < Shape.maximumRank else {
          throw call.error("tables are nested more than \(Shape.maximumRank) deep", .argument)
        }
        sizes.append(count)
        if count == 0 { isOpen = false }
      }
      guard depth < sizes.count else { throw ragged("a table", "a number") }
      guard sizes[depth] == count else { throw ragged("\(count) entries", "\(sizes[depth])") }
      try stack.reserve(4)
      for i in 1...Swift.max(count, 1) where count > 0 {
        try stack.rawGet(i, from: index)
        path.append(i)
        try read(at: stack.top, depth: depth + 1)
        path.removeLast()
        stack.pop()
      }
      return
    }
    isOpen = false
    guard depth == sizes.count else { throw ragged("a \(stack.typeName(at: index))", "a table of \(sizes[depth]) entries") }
    if let number = stack.number(at: index) {
      try note(.number)
      numbers.append(number)
    } else if let flag = stack.bool(at: index) {
      try note(.boolean)
      numbers.append(flag ? 1 : 0)
    } else if let tensor = library.tensors.value(on: stack, at: index) {
      try note(.tensor)
      parts.append(tensor)
    } else {
      throw call.error("expected number, boolean, tensor or table\(place), got \(stack.typeName(at: index))", .argument)
    }
  }

  // One tensor holds one kind of leaf; numbers beside tensors are welcome as 0-d tensors.
  private mutating func note(_ new: Kind) throws {
    guard let kind else {
      kind = new
      return
    }
    if kind != new {
      throw call.error("expected a \(kind.rawValue)\(place) as in the entries before, got a \(new.rawValue)", .argument)
    }
  }

  private var place: String { path.isEmpty ? "" : " at [" + path.map(String.init).joined(separator: "][") + "]" }

  private func ragged(_ got: String, _ expected: String) -> LuaError {
    call.error("the tables are ragged: \(got)\(place) where \(expected) came before", .argument)
  }

  func tensor(_ dtype: DType?) throws -> Tensor {
    let shape = try Shape.checked(sizes, operation: call.name)
    if kind == .tensor {
      let stacked = try stack(parts, axis: 0)
      let whole = try stacked.reshaped(.checked(sizes + stacked.shape.dropFirst(), operation: call.name))
      return try dtype.map { try whole.cast(to: $0) } ?? whole
    }
    let target = dtype ?? (kind == .boolean ? .bool : library.engine.defaultFloat)
    switch target {
    case .float32: return try Tensor(NDArray(numbers.map(Float.init), shape: shape))
    case .float64: return try Tensor(NDArray(numbers, shape: shape))
    case .bool: return try Tensor(NDArray(numbers.map { $0 != 0 }, shape: shape))
    case .int32:
      return try Tensor(
        NDArray(
          numbers.map { number in
            guard let whole = Int32(exactly: number) else { throw call.error("\(number) has no int32 value", .argument) }
            return whole
          }, shape: shape))
    }
  }
}
