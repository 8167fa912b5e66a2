import CResources
import LuaHost

/// `eb.demo`: scripts among the resources, `demos/name.lua`, that are shown and run.
extension Library {
  /// - Parameter native: helpers of embedded Lua.
  func installDemos(_ native: LuaTable) throws {
    try define("demos", in: native) { call in try call.push(Library.demos) }
    // demo(name) -> its source and it as a function
    try define("demo", in: native) { [unowned self] call in
      let name = try call.string(1)
      guard Library.demos.contains(name) else {
        throw LuaError(
          .argument,
          "demo: there is no '\(name)'" + suggestion(for: name, among: Library.demos)
            + "; there are \(Library.demos.joined(separator: ", "))")
      }
      let resource = ebb_resource_named("demos/\(name).lua")
      let source = String(decoding: UnsafeBufferPointer(start: resource.bytes, count: resource.size), as: UTF8.self)
      try call.push(source.hasSuffix("\n") ? String(source.dropLast()) : source)
      return 1 + (try call.push(state.load(source, name: "=demo \(name)")))
    }
    try runEmbedded("Demos", ["demos"], [root, native])
  }

  /// The names of all demonstrations.
  private static var demos: [String] {
    var names: [String] = []
    var place = 0
    while let name = ebb_resource_at(place).name {
      let path = String(cString: name)
      if path.hasPrefix("demos/"), path.hasSuffix(".lua") { names.append(String(path.dropFirst(6).dropLast(4))) }
      place += 1
    }
    return names.sorted()
  }
}
