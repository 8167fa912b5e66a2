import LuaHost

/// Functions of Lua's libraries with effects that a plan would not repeat: errors while a function is recorded.
final class Effects {
  private let entries: [(table: LuaTable, name: String, guardian: LuaValue)]

  init(_ state: LuaState) throws {
    var entries: [(LuaTable, String, LuaValue)] = []
    func refuse(_ table: LuaTable?, _ name: String, _ label: String, _ sentence: String) throws {
      guard let table else { return }
      let guardian = try state.makeFunction(label) { _ in throw LuaError(.runtime, "compile: \(label) \(sentence)") }
      entries.append((table, name, .function(guardian)))
    }
    let globals = try state.globals()
    let once = "would run once, while the function is recorded, and not at every call; return the value and print it outside"
    try refuse(globals, "print", "print", once)
    try refuse(globals.get("io").asTable, "write", "io.write", once)
    let math = try globals.get("math").asTable
    let draws = "would be drawn once and be the same at every call; draw before the call and pass the number as an argument"
    try refuse(math, "random", "math.random", draws)
    try refuse(math, "randomseed", "math.randomseed", "would run once and not at every call; seed outside the function")
    self.entries = entries
  }

  /// Runs `body` with the functions refused.
  func guarded<R>(_ body: () throws -> R) throws -> R {
    var before: [LuaValue] = []
    for entry in entries { before.append(try entry.table.get(.string(entry.name))) }
    defer { for (entry, value) in zip(entries, before) { _ = try? entry.table.set(.string(entry.name), to: value) } }
    for (entry, value) in zip(entries, before) where !value.isNil { try entry.table.set(.string(entry.name), to: entry.guardian) }
    return try body()
  }
}
