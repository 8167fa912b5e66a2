// The annotation files inside the program, which feed help, completion and editors alike. What `Session` gives and
// throws are types of LuaHost, so who imports this module has those too.

import CResources
@_exported import LuaHost

extension Session {
  /// The name and text of every annotation file (LuaCATS, `---@meta`), in the order of the resources.
  public static var annotations: [(name: String, text: String)] {
    var files: [(name: String, text: String)] = []
    var place = 0
    while true {
      let resource = ebb_resource_at(place)
      guard let name = resource.name else { return files }
      place += 1
      let path = String(cString: name)
      guard path.hasPrefix("annotations/"), let bytes = resource.bytes else { continue }
      files.append((path, String(decoding: UnsafeBufferPointer(start: bytes, count: resource.size), as: UTF8.self)))
    }
  }
}
