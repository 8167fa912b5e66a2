import Bindings
import CModule

/// What `require "ebbtide"` runs in a stock Lua: pushes the table `eb`, or an error message to raise and a negative count.
@_cdecl("ebbtide_open")
public func ebbtideOpen(_ thread: OpaquePointer) -> Int32 { Library.openModule(in: thread) }
