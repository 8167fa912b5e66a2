import Testing

@testable import LuaHost

@Test func smoke() throws {
  let state = try LuaState()
  #expect(try state.run("return 6 * 7", as: Int.self) == 42)
  try state.register("half") { call in try call.push(try call.number(1) / 2) }
  #expect(try state.run("return half(3)", as: Double.self) == 1.5)
  do {
    try state.run("local x = 1\nhalf({})", name: "@s.lua")
    Issue.record("no error")
  } catch {
    #expect(error.traceback == "s.lua:2: in main chunk")
    #expect(error.message == "s.lua:2: half: argument 1: expected number, got table")
  }
}
