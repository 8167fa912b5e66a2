// Frames of running Lua functions, for messages, post-mortems and prompts that keep locals.

import CLua
import CLuaShim

/// One level of the call stack.
public struct LuaFrame: Sendable {
  /// The source as Lua shortens it: `script.lua`, `[C]`, `[string "..."]`.
  public var source: String
  /// The line that runs, or nil in C.
  public var line: Int?
  /// The function's name, if the call shows one.
  public var name: String?
  /// Whether it is a main chunk.
  public var isMainChunk: Bool
}

extension LuaStack {
  /// A level of the call stack: 0 is the function that runs now, 1 the one that called it. Nil beyond the last.
  public func frame(_ level: Int) throws(LuaError) -> LuaFrame? {
    var record = lua_Debug()
    let answer = lh_frame(thread, Int32(level), &record)
    if answer < 0 { throw state.takeError(from: thread, status: LUA_ERRRUN, traced: false) }
    guard answer > 0 else { return nil }
    return LuaFrame(
      source: String(cString: lh_frame_source(&record)), line: record.currentline > 0 ? Int(record.currentline) : nil,
      name: record.name.map { String(cString: $0) }, isMainChunk: record.what.map { String(cString: $0) == "main" } ?? false)
  }

  /// The nearest frame of the user: neither C nor an embedded chunk.
  public func userFrame(from level: Int = 1) throws(LuaError) -> LuaFrame? {
    var level = level
    while let frame = try frame(level) {
      if frame.line != nil, !frame.source.hasPrefix(state.marker) { return frame }
      level += 1
    }
    return nil
  }

  /// The named locals of a level, parameters first, later ones of the same name last. Temporaries are left out.
  public func locals(ofLevel level: Int) throws(LuaError) -> [(name: String, value: LuaValue)] {
    var record = lua_Debug()
    guard lua_getstack(thread, Int32(level), &record) != 0 else { return [] }
    var locals: [(name: String, value: LuaValue)] = []
    try reserve(2)
    var i: Int32 = 1
    while let name = lua_getlocal(thread, &record, i) {
      defer { pop() }
      let text = String(cString: name)
      if !text.hasPrefix("(") { locals.append((text, try value(at: -1))) }
      i += 1
    }
    return locals
  }

  /// The whole traceback from a level on.
  public func traceback(from level: Int = 0) throws(LuaError) -> String {
    try check(lh_push_traceback(thread, Int32(level)))
    defer { pop() }
    return string(at: -1) ?? ""
  }
}
