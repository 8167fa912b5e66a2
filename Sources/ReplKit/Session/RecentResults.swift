// The results of expressions: `_` is the last, `__` the one before, `_out[3]` the third last and so on. Only the
// first two are held, so that a prompt never pins large tensors.

import LuaHost

/// Sets `_`, `__` and `_out` in a session's scope.
final class RecentResults {
  private let state: LuaState
  private let scope: LocalScope
  private var older: LuaTable
  private var count = 0
  private var last: LuaValue = .nil
  private var secondLast: LuaValue = .nil
  private var view: LuaValue = .nil

  init(_ state: LuaState, _ scope: LocalScope) throws(LuaError) {
    self.state = state
    self.scope = scope
    older = try state.makeTable()
    try clear()
  }

  /// Notes a result; nil is none.
  func note(_ value: LuaValue) throws(LuaError) {
    if value.isNil { return }
    count += 1
    try older.set(.integer(count), to: value)
    (last, secondLast) = (value, last)
    try publish()
  }

  private func publish() throws(LuaError) {
    try scope.set("_", to: last)
    try scope.set("__", to: secondLast)
    try scope.set("_out", to: view)
  }

  /// Forgets all results.
  func clear() throws(LuaError) {
    (count, last, secondLast) = (0, .nil, .nil)
    let made = try state.call(
      try state.load(
        """
        local count, setmetatable = ...
        local older = setmetatable({}, {__mode = "v"})
        return older, setmetatable({}, {
          __index = function(_, i) return older[count() - i + 1] end,
          __tostring = function() return "the last results, from 1; those before __ may have been collected" end,
        })
        """, name: "=[ebbtide prompt]"),
      [
        try state.makeFunction("count") { [unowned self] call in try call.push(count) },
        try state.global("setmetatable"),
      ])
    guard let table = made[0].asTable else { return }
    older = table
    view = made[1]
    try publish()
  }
}
