// What the system tells a program: variables, standard folders, terminals.

import CReadline
import Glibc

/// The process's surroundings.
enum Environment {
  /// A variable; empty ones count as absent unless `keepsEmpty`.
  static func value(_ name: String, keepsEmpty: Bool = false) -> String? {
    guard let text = getenv(name) else { return nil }
    let value = String(cString: text)
    return value.isEmpty && !keepsEmpty ? nil : value
  }

  /// Sets a variable, or removes it.
  static func set(_ name: String, _ value: String?) {
    if let value { setenv(name, value, 1) } else { unsetenv(name) }
  }

  /// A folder by the XDG rules: the variable if it is absolute, else the default below the home folder.
  static func folder(_ variable: String, default fallback: String) -> String? {
    if let value = value(variable), value.hasPrefix("/") { return value + "/ebbtide" }
    return value("HOME").map { "\($0)/\(fallback)/ebbtide" }
  }

  /// `init.lua` of the prompt.
  static var initFile: String? { folder("XDG_CONFIG_HOME", default: ".config").map { $0 + "/init.lua" } }

  /// The history file; nil if there is to be none.
  static var historyFile: String? {
    if let value = value("EBBTIDE_HISTORY", keepsEmpty: true) { return value.isEmpty ? nil : value }
    return folder("XDG_STATE_HOME", default: ".local/state").map { $0 + "/history" }
  }

  /// Makes the folder of a file, for its owner only.
  static func makeFolder(of path: String) {
    guard let end = path.lastIndex(of: "/"), end > path.startIndex else { return }
    let folder = String(path[..<end])
    if access(folder, F_OK) == 0 { return }
    makeFolder(of: folder)
    mkdir(folder, 0o700)
  }

  static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) != 0 }

  /// Columns to write for: the terminal's, else `COLUMNS`, else 80.
  static func columns() -> Int {
    let columns = Int(ebb_terminal_columns(STDOUT_FILENO))
    return columns > 0 ? columns : value("COLUMNS").flatMap { Int($0) } ?? 80
  }
}

/// `--color WHEN`.
enum ColorChoice: String, CaseIterable {
  case auto, always, never

  /// Whether to colour what goes to a descriptor. NO_COLOR beats FORCE_COLOR, the command line beats both.
  func applies(to descriptor: Int32) -> Bool {
    switch self {
    case .always: return true
    case .never: return false
    case .auto:
      if Environment.value("NO_COLOR") != nil { return false }
      if let force = Environment.value("FORCE_COLOR") { return force != "0" }
      return Environment.isTerminal(descriptor) && Environment.value("TERM") != "dumb"
    }
  }
}
