// The order of things: read the command line, make the state, do what the options say, run the script, open the prompt.

import CReadline
import Ebbtide
import Glibc
import ReplKit

/// The program `ebbtide`.
struct Program {
  static let version = "Ebbtide 0.1.0"
  static let usageCode: Int32 = 2
  static let interruptedCode: Int32 = 130

  let invocation: Invocation
  let machine: Machine
  let screen: Screen
  let sources: SourceTexts
  var state: LuaState { machine.state }

  /// Runs a command line; answers the exit code.
  static func run(_ words: [String]) -> Int32 {
    ebb_set_character_locale()
    let invocation: Invocation
    do {
      invocation = try Invocation(words)
    } catch {
      switch error {
      case .shown(let text):
        Output.write(text.hasSuffix("\n") ? text : text + "\n")
        return Output.finish(0)
      case .misused(let message):
        Output.writeError("ebbtide: \(message)\nebbtide --help lists the options\n")
        return usageCode
      }
    }
    let screen = Output.screen(invocation.color)
    if !invocation.check.isEmpty { return Output.finish(check(invocation.check, screen)) }
    do {
      let threads = invocation.threads ?? Environment.value("EBBTIDE_THREADS").flatMap { Int($0) } ?? 1
      let machine = try Machine(
        threads: max(1, threads), ignoresEnvironment: invocation.ignoresEnvironment, colours: screen.style.isEnabled)
      let program = Program(invocation: invocation, machine: machine, screen: screen, sources: SourceTexts())
      if invocation.isDoctor {
        Doctor(program: program).report()
        return Output.finish(0)
      }
      // Signals are the program's, never the library's.
      machine.state.takeSignal(SIGINT)
      let code = machine.run { program.perform() }
      return Output.finish(code)
    } catch {
      Output.writeError("ebbtide: \(error)\n")
      return 1
    }
  }

  /// Compiles files without running them.
  private static func check(_ files: [String], _ screen: Screen) -> Int32 {
    var code: Int32 = 0
    do {
      let state = try LuaState(libraries: .none)
      let sources = SourceTexts()
      for file in files {
        if let error = state.syntaxError(inFile: file) {
          screen.writeError(error.text(sources: sources, style: screen.errorStyle))
          code = 1
        }
      }
    } catch {
      Output.writeError("ebbtide: \(error)\n")
      return 1
    }
    return code
  }

  private func perform() -> Int32 {
    let isTerminal = Environment.isTerminal(STDIN_FILENO)
    let opensPrompt =
      invocation.isInteractive || (invocation.main == .nothing && !invocation.hasCode && !invocation.showsVersion && isTerminal)
    do {
      Warnings.attach(to: state)
      try seed()
      try setArguments()
      if invocation.showsVersion, !opensPrompt { screen.write("\(Program.version) with \(try luaVersion())\n") }
      if !invocation.ignoresEnvironment { try runInit() }
      for action in invocation.actions { try perform(action) }
      if case .script(let path) = invocation.main {
        try runScript(path)
      } else if !opensPrompt, !invocation.hasCode, !invocation.showsVersion {
        try runScript("-")
      }
    } catch {
      let code = report(error)
      // As in `lua`, -i opens the prompt for what succeeded before it.
      return code
    }
    return opensPrompt ? Prompt(program: self).run() : 0
  }

  private func report(_ error: any Error) -> Int32 {
    let error = error as? LuaError ?? LuaError(.runtime, "\(error)", cause: error)
    screen.writeError(ErrorReport(sources: sources, style: screen.errorStyle).text(error))
    return error.kind == .interrupted ? Program.interruptedCode : 1
  }

  // MARK: Steps

  private func seed() throws {
    if let seed = invocation.seed ?? Environment.value("EBBTIDE_SEED").flatMap({ Int($0) }) { try machine.seed(seed) }
  }

  private func setArguments() throws {
    let table = try state.makeTable()
    for (index, word) in invocation.argumentTable { try table.set(.integer(index), to: .string(word)) }
    try state.setGlobal("arg", to: table)
  }

  private func runInit() throws {
    guard let name = ["LUA_INIT_5_4", "LUA_INIT"].first(where: { Environment.value($0) != nil }), let text = Environment.value(name)
    else {
      return
    }
    if text.hasPrefix("@") {
      try state.call(try state.load(file: String(text.dropFirst())), [])
    } else {
      sources.register(text, as: name)
      try state.run(text, name: "=" + name)
    }
  }

  private func perform(_ action: Invocation.Action) throws {
    switch action {
    case .run(let text):
      try machine.exposeLibrary()
      sources.register(text, as: "(command line)")
      try state.run(text, name: "=(command line)")
    case .show(let text):
      try machine.exposeLibrary()
      sources.register(text, as: "(command line)")
      screen.write(try Repl.printed(text, name: "(command line)", in: state, width: screen.width()))
    case .require(let module): try require(module)
    case .warn(let message): Warnings.receive(message, continues: false)
    }
  }

  // `-l name` sets the global `name`, up to a version after a hyphen; `-l global=name` says which.
  private func require(_ text: String) throws {
    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
    let module = parts.count > 1 ? parts[1] : text
    let global = parts.count > 1 ? parts[0] : String(text.prefix { $0 != "-" })
    guard let require = try state.global("require").asFunction else { return }
    let value = try state.call(require, [module]).first ?? .nil
    try state.setGlobal(global, to: value)
  }

  private func runScript(_ path: String) throws {
    let function: LuaFunction
    if path == "-" {
      let text = StandardInput.all()
      sources.register(String(decoding: text, as: UTF8.self), as: "stdin")
      function = try state.load(bytes: StandardInput.withoutShebang(text), name: "=stdin", binary: true)
    } else {
      // Lua shortens long names; messages find the text under the short one.
      if path.utf8.count >= 60, let text = try? readFile(path) { sources.registerFile(text, path: path) }
      function = try state.load(file: path)
    }
    try state.call(function, invocation.scriptArguments)
  }

  func luaVersion() throws -> String { try state.global("_VERSION").asString ?? "Lua" }
}
