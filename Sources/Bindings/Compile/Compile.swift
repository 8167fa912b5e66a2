import Autodiff
import LuaHost

/// `eb.compile(f)`: f as a plan, which is made once for each signature of its arguments and run at every call.
extension Library {
  func installCompile() throws {
    try installHostNumbers()
    let compiled = try state.registerBox("compiled function", of: CompiledFunction.self)
    try define("compile") { [unowned self] call in
      try call.expect(1...2)
      try call.expectCallable(1)
      let given = try GivenArguments(call, options: 2, self)
      try call.stack.pushCopy(of: 1)
      try compiled.push(CompiledFunction(self, given), holdingTopOf: call.stack)
      return 1
    }
    try compiled.metamethod(.call, label: "compile") { call in
      let function = try call.box(1, of: compiled)
      try compiled.pushHeld(by: 1, on: call.stack)
      return try function.call(call, function: call.stack.top)
    }
    try compiled.metamethod(.toString) { call in try call.push(call.box(1, of: compiled).listing) }
    try suggestMembers(of: compiled)
    try makeLibrariesOpaque()
  }

  // Lua's own libraries and this one hold nothing that a compiled function would have to look at.
  private func makeLibrariesOpaque() throws {
    let stack = state.stack
    let top = stack.top
    defer { stack.top = top }
    try stack.pushGlobals()
    try state.makeOpaque(stack.reference(at: -1))
    for name in ["string", "table", "math", "io", "os", "coroutine", "utf8", "debug", "package"] {
      try stack.rawGet(name, from: top + 1)
      if stack.type(at: -1) == .table { try state.makeOpaque(stack.reference(at: -1)) }
      stack.pop()
    }
    try state.makeOpaque(root.reference)
    try state.makeOpaque(treeMetatable.reference)
    for key in try root.orderedKeys() {
      if case .table(let module) = try root.get(key) { try state.makeOpaque(module.reference) }
    }
  }
}
