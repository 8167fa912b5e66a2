// The paths that lead from the globals to functions, so that a builtin is shown as `math.sin` and not as an address.

import LuaHost

/// Names of functions by their identity.
struct FunctionNames {
  private var names: [UInt: String] = [:]

  /// Walks over the globals and the tables in them, raw, three levels deep.
  init(_ state: LuaState) throws(LuaError) {
    let stack = state.stack
    let base = stack.top
    defer { stack.top = base }
    try stack.pushGlobals()
    var seen: Set<UInt> = [stack.identity(at: -1)]
    try visit(stack, path: "", depth: 1, &seen)
  }

  subscript(identity: UInt) -> String? { names[identity] }

  // The table is on top. Shorter and earlier paths win, in the order of their names.
  private mutating func visit(_ stack: LuaStack, path: String, depth: Int, _ seen: inout Set<UInt>) throws(LuaError) {
    try stack.reserve(8)
    let table = stack.top
    var tables: [String] = []
    var found: [(String, UInt)] = []
    try stack.forEach(at: table) { () throws(LuaError) in
      guard let key = stack.string(at: -2), isIdentifier(key), key != "_G", key != "package" else { return }
      if stack.type(at: -1) == .function { found.append((key, stack.identity(at: -1))) }
      if stack.type(at: -1) == .table { tables.append(key) }
    }
    for (key, identity) in found where names[identity] == nil { names[identity] = path + key }
    guard depth < 3 else { return }
    for key in tables.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      try stack.rawGet(key, from: table)
      if seen.insert(stack.identity(at: -1)).inserted { try visit(stack, path: "\(path)\(key).", depth: depth + 1, &seen) }
      stack.pop()
    }
  }
}
