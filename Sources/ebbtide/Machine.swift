// The one place that makes the state everything runs in.

import CReadline
import Ebbtide

/// A session of the library, made as the command line says.
struct Machine {
  let session: Session
  var state: LuaState { session.state }

  /// - Parameters:
  ///   - threads: how many threads large operations may use.
  ///   - ignoresEnvironment: whether `LUA_PATH` and `LUA_CPATH` mean nothing.
  ///   - colours: whether figures are printed in colours.
  init(threads: Int, ignoresEnvironment: Bool, colours: Bool) throws {
    // The package library reads its variables once, when it opens; they are put back for scripts and their children.
    let names = ignoresEnvironment ? ["LUA_PATH", "LUA_CPATH", "LUA_PATH_5_4", "LUA_CPATH_5_4"] : []
    let saved = names.map { ($0, Environment.value($0)) }
    for name in names { Environment.set(name, nil) }
    defer { for (name, value) in saved { Environment.set(name, value) } }
    session = try Session(limits: .init(threads: threads))
    session.showsProgress = true
    session.coloursFigures = colours
  }

  /// Runs `body` with this machine's memory and threads as the current ones.
  func run<R>(_ body: () throws -> R) rethrows -> R { try session.engine.run(body) }

  /// Sets the global `eb`, as the prompt, `-e` and `-p` have it.
  func exposeLibrary() throws { try session.exposeGlobal() }

  /// Seeds the generator of draws that name none.
  func seed(_ seed: Int) throws { try session.run("require('ebbtide').seed(\(seed))", name: "=[ebbtide]") }
}
