import Autodiff
import LuaHost

/// One recording of a Lua function: its arguments are tracers, and so is every tensor from outside that it reads.
///
/// A tensor from outside is noticed when its box is read: a tracer takes the place of the numbers until the recording ends. Where the
/// box belongs, among the upvalues of the function or behind a name of its environment, is found out afterwards, so that later
/// calls can read what is there then. What can't be found again is an error. Everything that is changed meanwhile (boxes,
/// environments, functions with effects) is put back, whatever happens.
final class LuaRecording {
  /// What an argument of the graph behind the function's own is.
  enum Late {
    /// A tensor from outside: its box.
    case box(UnsafeMutablePointer<Tensor>)
    /// A host number with a dtype.
    case number(node: Int, DType)
    /// The result of a draw with this number.
    case draw(Int, Spec)
  }

  private unowned let library: Library
  private let stack: LuaStack
  let staging: Staging
  let numbers = HostNumbers()
  let draws = HostDraws()
  /// The identities of the generators among the arguments.
  private(set) var generators: Set<UInt> = []
  private(set) var late: [Late] = []
  // The boxes whose numbers were taken out, what they held, and where they were first read.
  private var taken: [(box: UnsafeMutablePointer<Tensor>, tensor: Tensor, place: String)] = []
  private var scalars: [Scalar: Tensor] = [:]
  private var generatorCount = 0

  // Lua tables that the recording fills: what must stay alive, functions with environments, environment and name of what was read.
  private let anchors: LuaReference
  private let functions: LuaReference
  let names: LuaReference
  // Environments by identity, with the stand-in that notes reads.
  private var environments: [UInt: LuaTable] = [:]
  private var read: Set<Name> = []
  private var replaced: [(function: LuaReference, upvalue: Int, environment: LuaReference)] = []
  private var replacedUpvalues: Set<UInt> = []

  private struct Scalar: Hashable {
    let node: Int
    let dtype: DType
  }

  private struct Name: Hashable {
    let environment: UInt
    let name: String
  }

  init(_ library: Library, _ stack: LuaStack, arguments: [Spec]) throws {
    self.library = library
    self.stack = stack
    staging = Staging(arguments)
    func table() throws -> LuaReference {
      try stack.pushTable()
      defer { stack.pop() }
      return try stack.reference(at: -1)
    }
    anchors = try table()
    functions = try table()
    names = try table()
  }

  /// What keeps every object alive whose identity is part of the captures' fingerprint.
  var keepsAlive: LuaReference { anchors }

  /// Runs `body` while tensors, environments and effects are watched. The functions at these indices are those that may run.
  func watch<R>(_ roots: [Int], _ body: () throws -> R) throws -> R {
    library.recording = self
    let context = Unmanaged.passUnretained(self).toOpaque()
    defer {
      library.recording = nil
      numbers.isOver = true
      restore()
    }
    library.captures.begin()
    for root in roots { try follow(root, stack) }
    return try library.effects.guarded {
      try library.tensors.watchingReads(context, readWatcher) { try body() }
    }
  }

  /// Whether a function that ran may test numbers for equality, or take them as keys; so it is when not all calls are known. A function
  /// made while recording is looked at with the one that made it.
  func looksAtNumbers(in calls: Set<UInt>?) throws -> Bool {
    guard let calls else { return true }
    let top = stack.top
    defer { stack.top = top }
    try stack.push(functions)
    for i in stride(from: 1, through: stack.rawLength(at: -1), by: 3) {
      try stack.rawGet(i, from: -1)
      if calls.contains(stack.identity(at: -1)), try stack.looksAtNumbers(at: -1) { return true }
      stack.pop()
    }
    return false
  }

  // MARK: Tensors from outside

  /// A tensor whose box is read: if it is older than the recording a tracer takes its place.
  fileprivate func noteRead(_ thread: OpaquePointer, _ index: Int, _ box: UnsafeMutablePointer<Tensor>) {
    guard let array = box.pointee.array, !array.isNewborn else { return }
    let stack = LuaStack(thread: thread, state: library.state)
    // The box has to live until its numbers are back. Without memory for that it is left as it is.
    do {
      let top = stack.top
      defer { stack.top = top }
      let position = stack.absolute(index)
      try stack.push(anchors)
      try stack.pushCopy(of: position)
      try stack.rawSet(stack.rawLength(at: -2) + 1, in: -2)
    } catch { return }
    let frame = try? stack.userFrame(from: 0)
    taken.append((box, box.pointee, frame.map { "\($0.source):\($0.line ?? 0)" } ?? "?"))
    late.append(.box(box))
    box.pointee = staging.capture(taken.last!.tensor.spec)
  }

  /// A tensor that a function of the library gives out of its own keeping: it never changes.
  func given(_ tensor: Tensor) -> Tensor {
    guard let array = tensor.array, !array.isNewborn else { return tensor }
    return staging.constant(tensor)
  }

  /// A host number as a tensor.
  func scalar(_ node: Int, _ dtype: DType) -> Tensor {
    let key = Scalar(node: node, dtype: dtype)
    if let known = scalars[key] { return known }
    late.append(.number(node: node, dtype))
    let tensor = staging.capture(Spec(.scalar, dtype))
    scalars[key] = tensor
    return tensor
  }

  /// What stands for a generator among the arguments.
  func standIn(for generator: LuaReference) -> GeneratorBox {
    generators.insert(generator.identity)
    defer { generatorCount += 1 }
    return GeneratorBox(RecordedStream(recording: self, number: draws.argument(generatorCount)))
  }

  /// A draw that is made anew at every call; `sample` is one like it.
  func draw(_ stream: Int, _ sample: NDArray, _ body: @escaping HostDraws.Body) -> Tensor {
    let spec = Spec(sample.shape, sample.dtype)
    late.append(.draw(draws.draw(stream, body), spec))
    return staging.capture(spec)
  }

  // MARK: Environments

  // Walks over a value, and has the environments of the functions in it watched.
  private func follow(_ index: Int, _ stack: LuaStack) throws {
    let value = stack.absolute(index)
    try stack.push(anchors)
    try stack.push(functions)
    defer { stack.pop(2) }
    let list = stack.top
    let first = stack.rawLength(at: list)
    try library.captures.add(stack, at: value, anchors: list - 1, functions: list)
    var i = first + 1
    while i < stack.rawLength(at: list) {
      try watchEnvironment(list, i, stack)
      i += 3
    }
  }

  // function, upvalue, environment from `i` on in the list at an index.
  private func watchEnvironment(_ list: Int, _ i: Int, _ stack: LuaStack) throws {
    let top = stack.top
    defer { stack.top = top }
    try stack.rawGet(i, from: list)
    try stack.rawGet(i + 1, from: list)
    try stack.rawGet(i + 2, from: list)
    let (function, upvalue) = (LuaFunction(try stack.reference(at: top + 1)), stack.integer(at: top + 2) ?? 0)
    guard stack.type(at: top + 3) == .table, let identity = try function.upvalueIdentity(upvalue),
      replacedUpvalues.insert(identity).inserted
    else { return }
    let environment = try stack.reference(at: top + 3)
    let watched = try environments[environment.identity] ?? watcher(of: LuaTable(environment))
    try function.setUpvalue(upvalue, to: .table(watched))
    replaced.append((function.reference, upvalue, environment))
  }

  // A table that stands for an environment and notes what is read.
  private func watcher(of environment: LuaTable) throws -> LuaTable {
    let watcher = try library.state.makeTable()
    environments[environment.reference.identity] = watcher
    let metatable = try library.state.makeTable()
    try metatable.setFunction("__index", label: "compile") { [unowned self] call in
      try call.stack.push(environment.reference)
      try call.stack.get(call.stack.value(at: 2), from: -1)
      if let name = call.stack.string(at: 2) { try note(name, of: environment, call.stack) }
      if let stand = environments[call.stack.identity(at: -1)], call.stack.type(at: -1) == .table {
        try call.stack.push(stand.reference)
      }
      return 1
    }
    try metatable.setFunction("__newindex", label: "compile") { call in
      let name = call.stack.string(at: 2) ?? "…"
      throw LuaError(
        .runtime,
        "compile: the function assigns the global '\(name)', which would happen once and not at every call; return the value instead"
      )
    }
    try library.state.stack.push(watcher.reference)
    try library.state.stack.push(metatable.reference)
    library.state.stack.setMetatable(of: -2)
    library.state.stack.pop()
    return watcher
  }

  // The value of the name is on top.
  private func note(_ name: String, of environment: LuaTable, _ stack: LuaStack) throws {
    guard read.insert(Name(environment: environment.reference.identity, name: name)).inserted else { return }
    let top = stack.top
    defer { stack.top = top }
    try stack.push(names)
    let count = stack.rawLength(at: -1)
    try stack.push(environment.reference)
    try stack.rawSet(count + 1, in: -2)
    try stack.push(name)
    try stack.rawSet(count + 2, in: -2)
    try follow(top, stack)
  }

  // MARK: The end

  private func restore() {
    for (box, tensor, _) in taken { box.pointee = tensor }
    for (function, upvalue, environment) in replaced.reversed() {
      _ = try? LuaFunction(function).setUpvalue(upvalue, to: .table(LuaTable(environment)))
    }
  }

  /// Where each late argument is found at a call, or the error for one that can't be found again. `boxes` are those of a walk.
  func places(in boxes: UnsafeBufferPointer<UnsafeMutableRawPointer?>) throws -> [CompiledPlace] {
    var positions: [UnsafeMutableRawPointer: Int] = [:]
    for (i, box) in boxes.enumerated() { if let box { positions[box] = i } }
    return try late.map { late in
      switch late {
      case .number(let node, let dtype): return .number(node: node, dtype)
      case .draw(let number, _): return .draw(number)
      case .box(let box):
        let entry = taken.first { $0.box == box }!
        guard let position = positions[UnsafeMutableRawPointer(box)] else {
          throw LuaError.at(
            entry.place,
            "compile: the function uses a \(entry.tensor.spec) from outside that is reached neither through its upvalues nor through"
              + " a global name, so a later call could not find it; pass it as an argument")
        }
        return .box(position, entry.tensor.spec, entry.tensor.array?.viewStrides)
      }
    }
  }
}

private let readWatcher: AnyLuaBoxType.ReadWatcher = { context, thread, index, payload in
  Unmanaged<LuaRecording>.fromOpaque(context)._withUnsafeGuaranteedRef {
    $0.noteRead(thread, Int(index), payload.assumingMemoryBound(to: Tensor.self))
  }
}
