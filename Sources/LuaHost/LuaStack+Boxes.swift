// Which kind of box a value is, for printers and prompts that know no Swift type.

import CLuaShim

extension LuaStack {
  /// The type of the live box at an index, or nil if something else is there.
  public func boxType(at index: Int) -> AnyLuaBoxType? {
    guard let type = lh_box_type(thread, Int32(index), host), let description = type.pointee.swift else { return nil }
    return Unmanaged<AnyLuaBoxType>.fromOpaque(description).takeUnretainedValue()
  }
}

extension AnyLuaBoxType {
  /// The method of that name, or nil.
  public func method(named name: String) throws(LuaError) -> LuaFunction? { try methods.get(.string(name)).asFunction }
}
