import Autodiff
import Glibc
import LuaHost

/// The library `eb` inside one Lua state: the box types, the session's generator, and the table that `require "ebbtide"` returns.
///
/// Every Lua module is one extension of this class in a file of its own, with an `install…` function that `open` calls.
public final class Library {
  unowned let state: LuaState
  /// The engine that the tensors of this state use.
  package let engine: Engine
  /// What a host said about the functions it registered, by name; `help` reads it.
  package private(set) var documentation: [String: String] = [:]
  /// The table `eb`.
  let root: LuaTable
  let tensors: LuaBoxType<Tensor>
  let generators: LuaBoxType<GeneratorBox>
  let hostNumbers: LuaBoxType<HostNumber>
  /// The generator of draws that name none; `eb.seed` replaces it.
  var generator = GeneratorBox(Generator(seed: 0))
  let treeMetatable: LuaTable
  /// Whether scripts may read and write files, and download.
  let hasFiles: Bool
  /// The recording of a function for `eb.compile` that runs now.
  var recording: LuaRecording?
  /// The walk over what compiled functions reach.
  let captures: LuaCaptures
  /// What recordings refuse.
  let effects: Effects
  /// How many Lua functions are being watched by a transform now; writes to tensors are refused meanwhile.
  var watchedCalls = 0
  /// Who looks on at what losses are given.
  var predictions: Predictions?
  /// Shows how far a run has come; nil shows nothing.
  var progress: ProgressLine?
  /// Whether figures are printed in colours; nil leaves it to standard output.
  var coloursFigures: Bool?
  /// Takes what is said to the user beside results.
  var tell: (String) -> Void = { text in
    let line = Array((text + "\n").utf8)
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
  /// When the innermost recording of a loop's function began, nil outside of those.
  var recordingSince: Level?

  /// Makes the library for a state and registers `ebbtide` for `require`.
  /// - Parameter files: whether scripts may read and write files, and download.
  public static func open(in state: LuaState, engine: Engine, files: Bool = true) throws -> Library {
    let library = try Library(state, engine, files: files)
    try library.installEverything()
    // Functions refer to the library without holding it; the tensors' metatable keeps it as long as the state lives.
    let box = try state.registerBox("library", of: Library.self).make(library)
    try library.tensors.setMetafield("__library", to: .userdata(box))
    let root = library.root
    try state.preload("ebbtide", state.makeFunction("require", captures: [.table(root)]) { call in try call.push(call.capture(1)) })
    return library
  }

  /// Opens the library in a state of another program, for the loadable module: leaves the table `eb` on the stack and answers 1, or
  /// an error message and −1.
  public static func openModule(in thread: OpaquePointer) -> Int32 {
    do {
      let state = try LuaState(borrowing: thread)
      let engine = Engine(interrupt: state.interruptFlag)
      engine.makeCurrent()
      try state.stack.push(open(in: state, engine: engine).root.reference)
      return 1
    } catch {
      return LuaState.pushMessage("ebbtide: \(error)", to: thread)
    }
  }

  private init(_ state: LuaState, _ engine: Engine, files: Bool) throws {
    self.state = state
    hasFiles = files
    self.engine = engine
    root = try state.makeTable()
    treeMetatable = try state.makeTable()
    tensors = try state.registerBox("tensor", of: Tensor.self) { $0.assumingMemoryBound(to: Tensor.self).deinitialize(count: 1) }
    generators = try state.registerBox("generator", of: GeneratorBox.self)
    hostNumbers = try state.registerBox("number argument", of: HostNumber.self)
    captures = try LuaCaptures(of: tensors, in: state)
    effects = try Effects(state)
    engine.relieve = { [unowned state] in state.collect() }
    state.externalBytes = { [pool = engine.pool] in pool.statistics.live }
  }

  private func installEverything() throws {
    try installStrictness()
    try installTensorOperators()
    try installTrees()
    try installTreeFunctions()
    try installTransforms()
    try installTensors()
    try installInitializers()
    try installMemory()
    try installNetworks()
    try installModels()
    try installLosses()
    try installMetrics()
    try installPerExample()
    try installData()
    try installFiles()
    try installOptimizers()
    try installPlots()
    try installCompile()
  }

  /// Keeps what a host says about one of its functions.
  func document(_ name: String, _ text: String) {
    if !text.isEmpty { documentation[name] = text }
  }

  // Reading an unknown eb.name is an error that suggests the nearest right one.
  private func installStrictness() throws {
    try strict(root, "eb")
  }

  /// Makes reads of unknown fields of a module table errors with a suggestion.
  func strict(_ module: LuaTable, _ name: String) throws {
    let metatable = try state.makeTable()
    let index = try state.makeFunction(name) { call in
      guard let key = call.stack.string(at: 2) else { return try call.pushNil() }
      let known = try call.stack.orderedKeys(at: 1).map(\.text)
      throw LuaError(.runtime, "\(name).\(key): no such name" + suggestion(for: key, among: known))
    }
    try metatable.set("__index", to: .function(index))
    try metatable.set("__name", to: .string(name))
    let stack = state.stack
    try stack.push(module.reference)
    try stack.push(metatable.reference)
    stack.setMetatable(of: -2)
    stack.pop()
  }

  /// A new module table `eb.name`, strict like `eb` itself.
  func module(_ name: String) throws -> LuaTable {
    let table = try state.makeTable()
    try strict(table, "eb.\(name)")
    try root.set(.string(name), to: .table(table))
    return table
  }
}

/// `(did you mean 'steps'?)` for the nearest known name within two or three typing errors, else nothing.
func suggestion(for name: String, among known: [String]) -> String {
  let limit = Swift.min(3, Swift.max(1, name.count / 2))
  let near = known.map { ($0, editDistance(name, $0)) }.min { $0.1 < $1.1 }
  guard let near, near.1 <= limit else { return "" }
  return " (did you mean '\(near.0)'?)"
}

// Damerau–Levenshtein distance in its optimal string alignment form: insertions, deletions, substitutions, neighbours exchanged.
private func editDistance(_ a: String, _ b: String) -> Int {
  let (a, b) = (Array(a.lowercased().utf8), Array(b.lowercased().utf8))
  var rows = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
  for i in 0...a.count { rows[i][0] = i }
  for j in 0...b.count { rows[0][j] = j }
  for i in a.indices {
    for j in b.indices {
      var best = Swift.min(rows[i][j + 1] + 1, rows[i + 1][j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = Swift.min(best, rows[i - 1][j - 1] + 1) }
      rows[i + 1][j + 1] = best
    }
  }
  return rows[a.count][b.count]
}
