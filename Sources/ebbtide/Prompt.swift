// The prompt: lines from readline where there is a terminal, plain lines where there is none, into the state machine
// of ReplKit.

import CReadline
import Ebbtide
import Glibc
import ReplKit

struct Prompt {
  let program: Program

  /// Runs until the user leaves; answers the exit code.
  func run() -> Int32 {
    let state = program.state
    do {
      try program.machine.exposeLibrary()
      let repl = try Repl(state, screen: program.screen, annotations: Session.annotations)
      // A closed pipe, such as a plot program that died, must not end the session.
      signal(SIGPIPE, SIG_IGN)
      repl.edit = Editor.edit(text:)
      repl.editFile = Editor.edit(file:)
      runInitFile(repl)
      let isTerminal = Environment.isTerminal(STDIN_FILENO) && Environment.isTerminal(STDOUT_FILENO)
      return isTerminal ? converse(repl) : read(repl)
    } catch {
      Output.writeError("ebbtide: \(error)\n")
      return 1
    }
  }

  // The user's own settings, for the prompt only. What fails there is shown, and the prompt opens all the same.
  private func runInitFile(_ repl: Repl) {
    guard let path = Environment.initFile, access(path, R_OK) == 0 else { return }
    do {
      try repl.state.call(try repl.state.load(file: path), [])
    } catch {
      repl.report(error)
    }
    try? repl.rememberOriginals()
  }

  // MARK: With a terminal

  private func converse(_ repl: Repl) -> Int32 {
    program.screen.write(banner())
    let editor = LineEditor(repl)
    while true {
      fflush(nil)
      switch editor.read(prompt: prompt(repl)) {
      case .line(let text):
        if !text.allSatisfy(\.isWhitespace) { ebb_history_add(text) }
        if case .quit(let code) = repl.enter(text) { return code }
      case .interrupted: repl.state.clearInterrupt()
      case .end: return 0
      }
    }
  }

  private func prompt(_ repl: Repl) -> String {
    (try? repl.state.global("_PROMPT").asString) ?? "> "
  }

  private func banner() -> String {
    let style = program.screen.style
    let lua = (try? program.luaVersion()) ?? "Lua"
    return style.strong(Program.version) + " with \(lua)\n"
      + style.faint("?name explains a name, ? lists keys and commands, Ctrl-D leaves") + "\n"
  }

  // MARK: Without one

  // No prompt, no colour, nothing of readline: its codes would leak into pipes. Lines are gathered into blocks.
  private func read(_ repl: Repl) -> Int32 {
    var block = ""
    while let line = StandardInput.line() {
      block += block.isEmpty ? line : "\n" + line
      if !repl.isComplete(block) { continue }
      if case .quit(let code) = repl.enter(block) { return code }
      block = ""
    }
    if !block.isEmpty, case .quit(let code) = repl.enter(block) { return code }
    return 0
  }
}
