// What the colon commands do.

import LuaHost

extension Repl {
  /// Performs a colon command.
  func perform(_ name: String, _ argument: String) throws -> Outcome {
    switch name {
    case "doc": return explain(argument)
    case "edit": return try edit(argument)
    case "help": show(commandList())
    case "load": return run(try readLua(try required(argument, name)), isSilent: true, file: argument)
    case "quit":
      guard let code = argument.isEmpty ? 0 : Int32(argument) else {
        throw LuaError(.argument, "quit: the code is a number, got '\(argument)'")
      }
      return .quit(code)
    case "reset": try reset()
    case "run": return runScript(try required(argument, name))
    case "save": show("saved \(try save(to: try required(argument, name))) inputs to \(argument)\n")
    case "tb": show(traceback())
    case "time": return time(try required(argument, name))
    case "timeit": return timeit(try required(argument, name))
    case "who": show(try who())
    default:
      let known = Command.all.map(\.name)
      let hint = nearest(to: name, among: known).map { " (did you mean ':\($0)'?)" } ?? " (:help lists them)"
      throw LuaError(.argument, "there is no command ':\(name)'\(hint)")
    }
    return .done
  }

  private func required(_ argument: String, _ name: String) throws -> String {
    if argument.isEmpty { throw LuaError(.argument, "\(name): expected \(Command.named(name)?.argument ?? "an argument")") }
    return argument
  }

  func commandList() -> String {
    let rows = Command.all.map { (":\($0.name) \($0.argument)", $0.summary) }
    let width = (rows.map { $0.0.utf8.count }.max() ?? 0) + 2
    return rows.map { "  " + screen.style.strong($0.0.padded(to: width)) + $0.1 }.joined(separator: "\n") + "\n"
  }

  // MARK: Files

  func runScript(_ line: String) -> Outcome {
    let words = line.split(separator: " ").map(String.init)
    do {
      let function = try state.load(file: words[0])
      try state.call(function, Array(words.dropFirst()))
      return .done
    } catch {
      return report(error)
    }
  }

  /// Writes the inputs that ran well; answers how many.
  func save(to path: String) throws -> Int {
    try writeFile(path, history.map { $0 + "\n" }.joined())
    return history.count
  }

  private func edit(_ argument: String) throws -> Outcome {
    guard let edit, let editFile else { throw LuaError("edit: there is no terminal for an editor") }
    var text = sources.lastInput ?? ""
    if !argument.isEmpty {
      guard let source = try sourceOfFunction(named: argument) else {
        try editFile(argument)
        return run(try readLua(argument), isSilent: true, file: argument)
      }
      text = source
    }
    guard let edited = try edit(text) else { return .done }
    return run(edited.trimmedEnd, isSilent: false)
  }

  /// The text of a Lua function that a path of names leads to, or nil.
  func sourceOfFunction(named path: String) throws(LuaError) -> String? {
    guard let chain = Chain(path: path) else { return nil }
    return try resolver.resolve(chain) { (meaning, stack) throws(LuaError) -> String? in
      guard case .value = meaning, stack.type(at: -1) == .function, let info = try inspector.inspect(stack, -1) else { return nil }
      return lines(of: info)?.joined(separator: "\n")
    }
  }

  /// The lines of a function's definition.
  func lines(of info: FunctionInfo) -> [String]? {
    guard let text = sources.text(of: info.place), info.firstLine >= 1 else { return nil }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard info.lastLine <= lines.count, info.firstLine <= info.lastLine else { return nil }
    return lines[(info.firstLine - 1)..<info.lastLine].map(String.init)
  }

  // MARK: Names

  /// Takes the globals and modules there are now as those that `:who` and `:reset` leave alone.
  public func rememberOriginals() throws(LuaError) {
    let stack = state.stack
    try stack.pushGlobals()
    defer { stack.pop() }
    var globals: [String: LuaValue] = [:]
    try stack.forEach(at: -1) { () throws(LuaError) in
      if let name = stack.string(at: -2) { globals[name] = try stack.value(at: -1) }
    }
    originalGlobals = globals
    originalModules = Set(try modules().orderedKeys().map(\.text))
  }

  private func modules() throws(LuaError) -> LuaTable {
    if let loaded = try state.global("package").asTable?.get("loaded").asTable { return loaded }
    return try state.makeTable()
  }

  /// Forgets what the session made.
  func reset() throws(LuaError) {
    let globals = try state.globals()
    for key in try globals.orderedKeys() {
      guard case .string(let name) = key else { continue }
      let original = originalGlobals[name] ?? .nil
      if try globals.get(key) != original { try globals.set(key, to: original) }
    }
    for (name, value) in originalGlobals where try globals.get(.string(name)).isNil { try globals.set(.string(name), to: value) }
    let modules = try modules()
    for key in try modules.orderedKeys() where !originalModules.contains(key.text) { try modules.set(key, to: .nil) }
    try scope.clear()
    try results.clear()
    history = []
    lastError = nil
    state.collect()
  }

  /// The session's locals and new or changed globals, one a line.
  func who() throws(LuaError) -> String {
    let stack = state.stack
    let base = stack.top
    defer { stack.top = base }
    var rows: [(name: String, kind: String, value: String)] = []
    let printer = printer()
    let room = max(20, screen.width() - 34)
    func add(_ name: String, _ kind: String, _ value: LuaValue) throws(LuaError) {
      try stack.push(value)
      defer { stack.pop() }
      rows.append((name, kind + stack.typeName(at: -1), try printer.brief(stack, stack.top, columns: room)))
    }
    for name in scope.names.sorted() { try add(name, "local ", try scope.get(name)) }
    let globals = try state.globals()
    for key in try globals.orderedKeys() {
      guard case .string(let name) = key, !scope.names.contains(name) else { continue }
      let value = try globals.get(key)
      if value != originalGlobals[name] ?? .nil { try add(name, "", value) }
    }
    if rows.isEmpty { return "nothing yet\n" }
    let (first, second) = (rows.map { displayWidth($0.name) }.max() ?? 0, rows.map { displayWidth($0.kind) }.max() ?? 0)
    return rows.map { row in
      "  \(row.name.padded(to: first))  \(screen.style.faint(row.kind.padded(to: second)))  \(row.value)"
    }.joined(separator: "\n") + "\n"
  }

  func traceback() -> String {
    guard let lastError else { return "there was no error yet\n" }
    let frames = lastError.fullTraceback.isEmpty ? "no frames: the error came before anything ran" : lastError.fullTraceback
    return "\(lastError.message)\n\(frames)\n"
  }
}
