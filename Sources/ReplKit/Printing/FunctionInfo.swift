// Where Lua functions were defined and what they take, by the debug library as it was when the session began.

import LuaHost

/// What the debug library says about a function.
struct FunctionInfo {
  /// The chunk's name as messages show it.
  var place: String
  var firstLine: Int
  var lastLine: Int
  var parameters: [String]
}

/// Asks the debug library.
final class FunctionInspector {
  private let state: LuaState
  private let getinfo: LuaFunction?
  private let getlocal: LuaFunction?

  init(_ state: LuaState) throws(LuaError) {
    self.state = state
    let debug = try state.global("debug").asTable
    getinfo = try debug?.get("getinfo").asFunction
    getlocal = try debug?.get("getlocal").asFunction
  }

  /// Nil for functions written in C or Swift, and without the debug library.
  func inspect(_ stack: LuaStack, _ index: Int) throws(LuaError) -> FunctionInfo? {
    guard let getinfo, let getlocal else { return nil }
    let index = stack.absolute(index)
    let base = stack.top
    defer { stack.top = base }
    try stack.reserve(8)
    try stack.push(getinfo.reference)
    try stack.pushCopy(of: index)
    try stack.push("Su")
    try stack.call(arguments: 2, results: 1)
    guard stack.type(at: -1) == .table else { return nil }
    let info = stack.top
    func text(_ key: String) throws(LuaError) -> String {
      try stack.rawGet(key, from: info)
      defer { stack.pop() }
      return stack.string(at: -1) ?? ""
    }
    func number(_ key: String) throws(LuaError) -> Int {
      try stack.rawGet(key, from: info)
      defer { stack.pop() }
      return stack.integer(at: -1) ?? 0
    }
    guard try text("what") == "Lua" else { return nil }
    var parameters: [String] = []
    for i in 0..<(try number("nparams")) {
      try stack.push(getlocal.reference)
      try stack.pushCopy(of: index)
      try stack.push(i + 1)
      try stack.call(arguments: 2, results: 1)
      parameters.append(stack.string(at: -1) ?? "?")
      stack.pop()
    }
    try stack.rawGet("isvararg", from: info)
    if stack.isTrue(at: -1) { parameters.append("...") }
    return FunctionInfo(
      place: try text("short_src"), firstLine: try number("linedefined"), lastLine: try number("lastlinedefined"),
      parameters: parameters)
  }
}
