// Lua's warnings: off until `-W` or `warn("@on")`, then lines on standard error. They may come from inside the
// collector, so nothing here uses Lua.

import Ebbtide
import Synchronization

enum Warnings {
  private static let isOn = Mutex(false)
  private static let isContinued = Mutex(false)

  static func attach(to state: LuaState) { state.onWarning = receive }

  static func receive(_ text: String, continues: Bool) {
    let wasContinued = isContinued.withLock { flag in
      defer { flag = continues }
      return flag
    }
    if !wasContinued, !continues, text.hasPrefix("@") {
      if text == "@on" || text == "@off" { isOn.withLock { $0 = text == "@on" } }
      return
    }
    guard isOn.withLock({ $0 }) else { return }
    Output.writeError((wasContinued ? "" : "Lua warning: ") + text + (continues ? "" : "\n"))
  }
}
