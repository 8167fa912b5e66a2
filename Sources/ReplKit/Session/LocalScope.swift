// How top-level locals live on. Chunks of the prompt run with a table of the session's locals as `_ENV`, whose
// metatable leads to the globals: reads look here first, writes to a name that is no local go on. When a chunk ends
// or fails, its locals are copied in here. Nothing is rewritten, so the places in messages stay right.

import LuaHost

/// The locals of a session.
final class LocalScope {
  /// The key of the function that copies locals: no name that could be typed.
  static let keepKey = "=keep"

  /// What chunks have as `_ENV`.
  let environment: LuaTable
  private let state: LuaState
  private let globals: LuaTable
  private let metatable: LuaTable
  /// Locals whose value is nil now: they still hide globals of the same name.
  private let hidden: LuaTable
  private let readHidden: LuaValue
  private let writeHidden: LuaValue
  private var keeper: LuaValue = .nil
  /// Every name that was declared.
  private(set) var names: Set<String> = []

  init(_ state: LuaState) throws(LuaError) {
    self.state = state
    environment = try state.makeTable()
    globals = try state.globals()
    metatable = try state.makeTable()
    hidden = try state.makeTable()
    let access = try state.call(
      try state.load(
        """
        local hidden, globals, rawset = ...
        return function(_, name) if not hidden[name] then return globals[name] end end,
          function(locals, name, value) if hidden[name] then rawset(locals, name, value) else globals[name] = value end end
        """, name: "=[ebbtide prompt]"), [hidden, globals, try state.global("rawset")])
    (readHidden, writeHidden) = (access[0], access[1])
    keeper = .function(
      try state.makeFunction("keep") { [unowned self] call in
        keep(try call.stack.locals(ofLevel: 1))
        try keepConstants(call)
        return 0
      })
    try lead(toGlobals: true)
    let stack = state.stack
    try stack.push(environment.reference)
    try stack.push(metatable.reference)
    stack.setMetatable(of: -2)
    stack.pop()
    try clear()
  }

  /// The call that copies the locals of a chunk, to stand behind its text. Constants the compiler folds away are no
  /// locals at run time, so they are handed over by name.
  static func keepCall(for text: String) -> String {
    let source = LuaText(text)
    let arguments = constants(in: source).map { "\"\($0)\",\($0)" }.joined(separator: ",")
    // A chunk with an `_ENV` of its own gets the function as its argument instead.
    let mentionsEnvironment = source.code.contains { $0.kind == .name && source.text($0) == "_ENV" }
    return mentionsEnvironment ? ";(...)(\(arguments))" : ";_ENV[\"\(keepKey)\"](\(arguments))"
  }

  /// The argument of a chunk: what `keepCall` needs where `_ENV` can't be trusted.
  func arguments(for text: String) -> [any LuaPushable] {
    let source = LuaText(text)
    return source.code.contains { $0.kind == .name && source.text($0) == "_ENV" } ? [keeper] : []
  }

  private static func constants(in source: LuaText) -> [String] {
    let code = source.code
    var names: [String] = []
    for i in code.indices where code[i].kind == .name && i + 3 < code.count {
      let isAttribute =
        source.isSymbol(code[i + 1], "<") && source.text(code[i + 2]) == "const" && source.isSymbol(code[i + 3], ">")
      let name = source.text(code[i])
      if isAttribute, !names.contains(name) { names.append(name) }
    }
    return names
  }

  /// Copies locals in. A failure of memory leaves out the rest.
  func keep(_ locals: [(name: String, value: LuaValue)]) {
    for (name, value) in locals where name != "_ENV" {
      guard (try? environment.set(.string(name), to: value)) != nil else { return }
      names.insert(name)
    }
  }

  // A constant of an inner block resolves to whatever the name means outside: that is known already.
  private func keepConstants(_ call: LuaCall) throws(LuaError) {
    var i = 1
    while i + 1 <= call.count {
      let (name, value) = (try call.string(i), try call.value(i + 1))
      let known = try names.contains(name) ? environment.get(.string(name)) : globals.get(.string(name))
      if value != known { keep([(name, value)]) }
      i += 2
    }
  }

  /// To be called when a chunk is over: notes which locals are nil now.
  func settle() throws(LuaError) {
    var isAnyHidden = false
    for name in names {
      let isNil = try environment.get(.string(name)).isNil
      try hidden.set(.string(name), to: isNil ? .bool(true) : .nil)
      isAnyHidden = isAnyHidden || isNil
    }
    try lead(toGlobals: !isAnyHidden)
  }

  // Plain tables are the fast way; functions are needed only while a local is nil.
  private func lead(toGlobals: Bool) throws(LuaError) {
    try metatable.set("__index", to: toGlobals ? .table(globals) : readHidden)
    try metatable.set("__newindex", to: toGlobals ? .table(globals) : writeHidden)
  }

  /// Sets a name of the session that is no declared local, such as `_`.
  func set(_ name: String, to value: LuaValue) throws(LuaError) { try environment.set(.string(name), to: value) }

  /// The value of a local, nil if there is none.
  func get(_ name: String) throws(LuaError) -> LuaValue { try environment.get(.string(name)) }

  /// Forgets everything.
  func clear() throws(LuaError) {
    for key in try environment.orderedKeys() { try environment.set(key, to: .nil) }
    names = []
    try environment.set(.string(Self.keepKey), to: keeper)
    try settle()
  }
}
