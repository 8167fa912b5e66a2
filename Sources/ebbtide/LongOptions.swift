// The options with long names, and the help that lists all of them. Lua's short options act in the order given, so
// `Invocation` reads those itself; here they are declared for the help and for shells' completion.

import ArgumentParser

struct LongOptions: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ebbtide",
    abstract: "A Lua prompt and script engine for gradient dynamics.",
    usage: """
      ebbtide [options] [script [args...]]
      ebbtide doctor
      ebbtide demo [name]
      """,
    discussion: """
      Without a script, a terminal gets the prompt, and anything else on standard input is run as a script. Options act \
      in the order given, then the script; what follows its name is the script's own, as 'arg' and '...'.
      """,
    version: Program.version)

  @Option(name: .customShort("e"), help: ArgumentHelp("Run a statement.", valueName: "stat"))
  var statement: [String] = []
  @Option(name: .customShort("p"), help: ArgumentHelp("Evaluate an expression and print it.", valueName: "expr"))
  var expression: [String] = []
  @Option(
    name: .customShort("l"), help: ArgumentHelp("Require a module into a global; -l g=mod names the global.", valueName: "mod"))
  var module: [String] = []
  @Flag(name: .customShort("i"), help: "Open the prompt after the script.")
  var isInteractive = false
  @Flag(name: .customShort("v"), help: "Show the version.")
  var showsVersion = false
  @Flag(name: .customShort("E"), help: "Ignore LUA_INIT, LUA_PATH and LUA_CPATH.")
  var ignoresEnvironment = false
  @Flag(name: .customShort("W"), help: "Turn warnings on.")
  var warns = false
  @Option(help: "Seed of the session's random numbers (default: EBBTIDE_SEED or 0).")
  var seed: Int?
  @Option(help: "Threads for large operations (default: EBBTIDE_THREADS or 1).")
  var threads: Int?
  @Option(help: ArgumentHelp("Colours: auto, always or never.", valueName: "when"))
  var color: ColorChoice = .auto
  @Option(help: ArgumentHelp("Only compile a file and show what is wrong with it.", valueName: "file"))
  var check: [String] = []

  mutating func validate() throws {
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads: expected 1 to 1024, got \(threads)") }
  }
}

extension ColorChoice: ExpressibleByArgument {}
