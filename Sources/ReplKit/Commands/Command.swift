// The colon commands: their names and what help says about them. Each that does something a program could want has a
// function of the same name in the table `repl`.

/// A command of the prompt.
struct Command: Sendable {
  let name: String
  let argument: String
  let summary: String

  static let all: [Command] = [
    Command(name: "doc", argument: "NAME", summary: "explains a name, as ?NAME does"),
    Command(name: "edit", argument: "[NAME|FILE]", summary: "opens the last input, a function or a file in $EDITOR, then runs it"),
    Command(name: "help", argument: "", summary: "this list"),
    Command(name: "load", argument: "FILE", summary: "runs a file as if it were typed: its locals stay"),
    Command(name: "quit", argument: "[CODE]", summary: "leaves, as Ctrl-D does"),
    Command(name: "reset", argument: "", summary: "forgets locals, new globals, new modules and results"),
    Command(name: "run", argument: "FILE [ARGS]", summary: "runs a file as a script: its locals are its own"),
    Command(name: "save", argument: "FILE", summary: "writes what was typed to a file"),
    Command(name: "tb", argument: "", summary: "shows all frames of the last error"),
    Command(name: "time", argument: "CODE", summary: "runs once and says how long it took"),
    Command(name: "timeit", argument: "CODE", summary: "runs many times and says how long one takes"),
    Command(name: "who", argument: "", summary: "lists the names you made"),
  ]

  static func named(_ name: String) -> Command? { all.first { $0.name == name } }
}
