// Tables on the stack, without metamethods, and the one order in which Swift walks over their keys.

import CLua
import CLuaShim

extension LuaStack {
  // Raw access to anything else would read memory that is no table.
  private func expectTable(at index: Int) throws(LuaError) {
    if lua_type(thread, Int32(index)) != LUA_TTABLE {
      throw LuaError(.argument, "expected table, got \(typeName(at: index))")
    }
  }

  /// The length of a table's sequence part, without metamethods; of a string or userdata its size.
  public func rawLength(at index: Int) -> Int { Int(lua_rawlen(thread, Int32(index))) }

  /// How many entries the table at an index has.
  package func entryCount(at index: Int) -> Int { Int(lh_count_entries(thread, Int32(index))) }

  /// Pushes `table[key]` of the table at an index and answers its type.
  @discardableResult
  public func rawGet(_ key: Int, from index: Int) throws(LuaError) -> LuaType {
    try expectTable(at: index)
    try reserve(1)
    return LuaType(rawValue: lua_rawgeti(thread, Int32(index), lua_Integer(key))) ?? .none
  }

  /// Pushes `table[key]` of the table at an index and answers its type.
  @discardableResult
  public func rawGet(_ key: String, from index: Int) throws(LuaError) -> LuaType {
    try expectTable(at: index)
    let table = Int32(absolute(index))
    try push(key)
    return LuaType(rawValue: lua_rawget(thread, table)) ?? .none
  }

  /// Pushes `table[key]` of the table at an index and answers its type.
  @discardableResult
  public func rawGet(_ key: LuaKey, from index: Int) throws(LuaError) -> LuaType {
    switch key {
    case .integer(let i): try rawGet(i, from: index)
    case .string(let text): try rawGet(text, from: index)
    }
  }

  /// Pops a value into `table[key]` of the table at an index.
  public func rawSet(_ key: Int, in index: Int) throws(LuaError) {
    do {
      try expectTable(at: index)
    } catch {
      pop()
      throw error
    }
    try check(lh_raw_seti(thread, Int32(index), lua_Integer(key)))
  }

  /// Pops a value into `table[key]` of the table at an index.
  public func rawSet(_ key: String, in index: Int) throws(LuaError) {
    let table = absolute(index)
    do {
      try expectTable(at: index)
      try push(key)
    } catch {
      pop()
      throw error
    }
    lh_insert(thread, -2)
    try check(lh_raw_set(thread, Int32(table)))
  }

  /// Pops a value into `table[key]` of the table at an index.
  public func rawSet(_ key: LuaKey, in index: Int) throws(LuaError) {
    switch key {
    case .integer(let i): try rawSet(i, in: index)
    case .string(let text): try rawSet(text, in: index)
    }
  }

  /// Pushes `value[key]` with metamethods.
  public func get(_ key: LuaValue, from index: Int) throws(LuaError) {
    let table = Int32(absolute(index))
    try push(key)
    try check(lh_get(thread, table))
  }

  /// Pops a value into `value[key]` with metamethods.
  public func set(_ key: LuaValue, in index: Int) throws(LuaError) {
    let table = Int32(absolute(index))
    do {
      try push(key)
    } catch {
      pop()
      throw error
    }
    lh_insert(thread, -2)
    try check(lh_set(thread, table))
  }

  /// Pops a table and makes it the metatable of the table or userdata at an index.
  public func setMetatable(of index: Int) { lua_setmetatable(thread, Int32(index)) }

  /// Pushes the metatable of the value at an index, if it has one.
  public func pushMetatable(of index: Int) throws(LuaError) -> Bool {
    try reserve(1)
    return lua_getmetatable(thread, Int32(index)) != 0
  }

  /// Calls `body` for every entry in no particular order, with key and value at -2 and -1. The body may change values
  /// of existing keys and must leave the stack as it was.
  public func forEach(at index: Int, _ body: () throws(LuaError) -> Void) throws(LuaError) {
    try expectTable(at: index)
    let table = Int32(absolute(index))
    try reserve(3)
    lua_pushnil(thread)
    while true {
      let answer = lh_next(thread, table)
      if answer < 0 { throw state.takeError(from: thread, status: LUA_ERRRUN, traced: false) }
      if answer == 0 { return }
      do {
        try body()
      } catch {
        pop(2)
        throw error
      }
      pop()
    }
  }

  /// The keys of the table at an index: integers ascending, then strings in byte order. Throws if it has keys of
  /// other types.
  public func orderedKeys(at index: Int) throws(LuaError) -> [LuaKey] {
    try expectTable(at: index)
    let table = Int32(absolute(index))
    try reserve(3)
    var integers: [Int] = []
    var strings: [String] = []
    integers.reserveCapacity(rawLength(at: Int(table)))
    var ascending = true
    lua_pushnil(thread)
    // Only the keys of the walk itself go to lua_next, so it can't raise.
    while lua_next(thread, table) != 0 {
      pop()
      if lua_isinteger(thread, -1) != 0 {
        let key = Int(lua_tointegerx(thread, -1, nil))
        if let last = integers.last, last > key { ascending = false }
        integers.append(key)
      } else if let key = string(at: -1) {
        strings.append(key)
      } else {
        let name = typeName(at: -1)
        pop()
        throw LuaError(.argument, "expected integer and string keys, got a key of type \(name)")
      }
    }
    if !ascending { integers.sort() }
    strings.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return integers.map { .integer($0) } + strings.map { .string($0) }
  }
}
