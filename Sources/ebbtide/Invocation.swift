// The command line, taken apart. Lua's short options keep their order and meaning; options with long names may stand
// between them; the first word that is no option is the script, and nothing after it is touched.

import ArgumentParser

/// What the command line asks for.
struct Invocation {
  /// What happens before the script, in order.
  enum Action: Equatable {
    case run(String)
    case show(String)
    case require(String)
    case warn(String)
  }
  /// What is run besides.
  enum Main: Equatable {
    /// A file, or standard input for `-`.
    case script(String)
    case nothing
  }

  var actions: [Action] = []
  var main = Main.nothing
  /// The words of the command line, and which of them is the script: `arg[0]`.
  var words: [String]
  var scriptPlace: Int
  var isInteractive = false
  var showsVersion = false
  var ignoresEnvironment = false
  var isDoctor = false
  var seed: Int?
  var threads: Int?
  var color = ColorChoice.auto
  /// Files to compile only.
  var check: [String] = []

  /// How reading the command line may end early.
  enum Ending: Error {
    /// Help or the version was asked for.
    case shown(String)
    /// It can't be understood: exit code 2.
    case misused(String)
  }

  /// - Throws: `Ending`.
  init(_ words: [String]) throws(Ending) {
    self.words = words
    scriptPlace = words.count
    var long: [String] = []
    var i = 1
    scan: while i < words.count {
      let word = words[i]
      guard word.hasPrefix("-"), word != "-" else { break }
      if word.hasPrefix("--") {
        if word == "--" {
          i += 1
          break scan
        }
        long.append(word)
        let takesValue = ["--seed", "--threads", "--color", "--check", "--generate-completion-script"].contains(word)
        if takesValue, i + 1 < words.count {
          i += 1
          long.append(words[i])
        }
      } else {
        try readShort(word, &i)
      }
      i += 1
    }
    if !long.isEmpty {
      let options = try Invocation.parse(long)
      (seed, threads, color, check) = (options.seed, options.threads, options.color, options.check)
    }
    guard i < words.count else { return }
    if words[i] == "doctor", i == words.count - 1, actions.isEmpty {
      isDoctor = true
    } else if words[i] == "demo", i + 2 >= words.count, actions.isEmpty {
      // A long bracket holds any name without its end.
      let name = words.dropFirst(i + 1).first.map { "[==[\($0.replacing("]==]", with: ""))]==]" } ?? "nil"
      actions.append(.run("require('ebbtide').demo(\(name))"))
    } else {
      main = .script(words[i])
      scriptPlace = i
    }
  }

  private mutating func readShort(_ word: String, _ i: inout Int) throws(Ending) {
    let letter = word.dropFirst().first
    let rest = String(word.dropFirst(2))
    switch letter {
    case "e", "l", "p":
      var value = rest
      if value.isEmpty {
        i += 1
        guard i < words.count else { throw .misused("-\(letter!) needs an argument") }
        value = words[i]
      }
      actions.append(letter == "e" ? .run(value) : letter == "p" ? .show(value) : .require(value))
    case "i" where rest.isEmpty: (isInteractive, showsVersion) = (true, true)
    case "v" where rest.isEmpty: showsVersion = true
    case "E" where rest.isEmpty: ignoresEnvironment = true
    case "W" where rest.isEmpty: actions.append(.warn("@on"))
    case "h" where rest.isEmpty: throw .shown(LongOptions.helpMessage())
    default: throw .misused("unrecognized option '\(word)'")
    }
  }

  private static func parse(_ words: [String]) throws(Ending) -> LongOptions {
    do {
      return try LongOptions.parse(words)
    } catch {
      let message = LongOptions.message(for: error)
      if LongOptions.exitCode(for: error) == .success { throw .shown(LongOptions.fullMessage(for: error)) }
      throw .misused(message)
    }
  }

  /// Whether code was given on the command line.
  var hasCode: Bool {
    actions.contains { action in
      switch action {
      case .run, .show: true
      default: false
      }
    }
  }

  /// The table `arg`: the script is 0, what stands before it is negative.
  var argumentTable: [(index: Int, word: String)] {
    let zero = scriptPlace == words.count ? 0 : scriptPlace
    return words.enumerated().map { ($0.offset - zero, $0.element) }
  }

  /// What the script gets as `...`.
  var scriptArguments: [String] { scriptPlace + 1 < words.count ? Array(words[(scriptPlace + 1)...]) : [] }
}
