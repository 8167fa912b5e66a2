// `?name`, `??name`, `help` and the screen that `?` shows.

import LuaHost

extension Repl {
  private var pages: DocumentationPage {
    DocumentationPage(documentation: documentation, style: screen.style, width: max(40, min(screen.width(), 110)))
  }

  func explain(_ name: String) -> Outcome {
    if name.isEmpty {
      show(overview())
      return .done
    }
    do {
      show(try page(forName: name))
      return .done
    } catch {
      return report(error)
    }
  }

  /// Help on a name or pattern.
  func page(forName name: String) throws(LuaError) -> String {
    if name.hasPrefix(":"), let command = Command.named(String(name.dropFirst())) {
      return "\(screen.style.strong(":\(command.name) \(command.argument)"))\n\(command.summary)\n"
    }
    if name.contains("*") {
      let found = documentation.search(name)
      if found.isEmpty { throw LuaError("?\(name): nothing matches") }
      return pages.list(found)
    }
    if let entry = documentation.entry(named: name) { return pages.text(entry) }
    guard let chain = Chain(path: name.replacing(":", with: ".")) else {
      throw LuaError("?\(name): a name is expected, such as ?math.sin")
    }
    if let entry = try documented(chain) { return pages.text(entry) }
    return try resolver.resolve(chain) { (meaning, stack) throws(LuaError) -> String in
      switch meaning {
      case .value: return try page(forValueAt: stack.top, stack, name: name)
      case .type(let type):
        if let entry = documentation.entry(named: type) { return pages.text(entry) }
        throw unknown(name)
      case .unknown: throw unknown(name)
      }
    }
  }

  // A member of the type of what stands before it: `?x.mean` for a tensor x.
  private func documented(_ chain: Chain) throws(LuaError) -> DocumentationEntry? {
    var owner = chain
    guard case .field(let member)? = owner.steps.popLast() else { return nil }
    return try resolver.resolve(owner) { (meaning, stack) throws(LuaError) -> DocumentationEntry? in
      try resolver.typeName(meaning, stack).flatMap { documentation.member(member, of: $0) }
    }
  }

  private func unknown(_ name: String) -> LuaError {
    let parts = name.split { $0 == "." || $0 == ":" }
    var known = documentation.entries.map(\.name)
    if parts.count == 1 { known += completions(in: "", at: 0).candidates.map(\.text) }
    let found = documentation.search("*\(name)*")
    if let near = nearest(to: name, among: known) { return LuaError("?\(name): no such name (did you mean '\(near)'?)") }
    if found.isEmpty { return LuaError("?\(name): no such name (?*word* searches)") }
    return LuaError("?\(name): no such name (see \(found.prefix(5).map(\.name).joined(separator: ", ")))")
  }

  /// Help on a value: its documentation, or what can be said without.
  func page(forValueAt index: Int, _ stack: LuaStack, name: String?) throws(LuaError) -> String {
    if let entry = try resolver.documentationOfFunction(at: index, stack) { return pages.text(entry) }
    if stack.type(at: index) == .function { return try functionPage(index, stack, name) }
    try stack.pushCopy(of: index)
    let type = try resolver.typeName(.value, stack)
    stack.pop()
    let value = try printer().brief(stack, index, columns: screen.width())
    if let type, let entry = documentation.entry(named: type) { return "\(value)\n\n\(pages.text(entry))" }
    let kind = stack.typeName(at: index)
    return "\(name.map { $0 + ": " } ?? "")\(kind)\n\(value)\n"
  }

  private func functionPage(_ index: Int, _ stack: LuaStack, _ name: String?) throws(LuaError) -> String {
    guard let info = try inspector.inspect(stack, index) else {
      let label = name ?? "function"
      let isStandard = name.map { isStandardName($0) } ?? false
      return screen.style.strong(label) + "\n"
        + (isStandard
          ? "A function of Lua's own library: https://www.lua.org/manual/5.4/manual.html#pdf-\(label)\n"
          : "A builtin function without documentation.\n")
    }
    var lines = [screen.style.strong("\(name ?? "function")(\(info.parameters.joined(separator: ", ")))")]
    lines += commentAbove(info)
    lines.append(screen.style.faint("defined at \(info.place):\(info.firstLine); ??\(name ?? "name") shows the source"))
    return lines.joined(separator: "\n") + "\n"
  }

  private func isStandardName(_ name: String) -> Bool {
    let parts = name.split(separator: ".").map(String.init)
    let libraries = ["string", "table", "math", "io", "os", "coroutine", "utf8", "debug", "package"]
    let basic = [
      "assert", "collectgarbage", "dofile", "error", "getmetatable", "ipairs", "load", "loadfile", "next", "pairs", "pcall",
      "print",
      "rawequal", "rawget", "rawlen", "rawset", "require", "select", "setmetatable", "tonumber", "tostring", "type", "warn",
      "xpcall",
    ]
    return parts.count == 2 ? libraries.contains(parts[0]) : parts.count == 1 && basic.contains(parts[0])
  }

  // The comment lines right above a definition.
  private func commentAbove(_ info: FunctionInfo) -> [String] {
    var comment: [String] = []
    var line = info.firstLine - 1
    while line >= 1, let text = sources.line(line, of: info.place)?.trimmed, text.hasPrefix("--") {
      comment.append(String(text.drop { $0 == "-" }).trimmed)
      line -= 1
    }
    return comment.reversed()
  }

  // MARK: Source

  func showSource(_ name: String) -> Outcome {
    do {
      guard let chain = Chain(path: name.replacing(":", with: ".")) else {
        throw LuaError("??\(name): a name is expected, such as ??f")
      }
      let text = try resolver.resolve(chain) { (meaning, stack) throws(LuaError) -> String? in
        guard case .value = meaning, stack.type(at: -1) == .function, let info = try inspector.inspect(stack, -1) else {
          return nil
        }
        guard let lines = lines(of: info) else { throw LuaError("??\(name): the text of \(info.place) is not at hand") }
        let place = screen.style.faint("-- \(info.place):\(info.firstLine)")
        return ([place] + lines).joined(separator: "\n") + "\n"
      }
      if let text {
        show(text)
        return .done
      }
      if let entry = try documentation.entry(named: name) ?? documented(chain) {
        show("\(screen.style.faint("-- built in; from \(entry.file)"))\n\(pages.text(entry))")
        return .done
      }
      throw LuaError("??\(name): no Lua function of that name")
    } catch {
      return report(error)
    }
  }

  // MARK: The screen

  func overview() -> String {
    let keys: [(String, String)] = [
      ("?name", "explains a name; ?*word* searches; ??name shows the source"),
      ("Tab", "completes names, members, options, keys, modules and files"),
      ("Up, Ctrl-R", "earlier inputs that begin alike; search in all"),
      ("_  __", "the last result and the one before; _out[3] the third last"),
      ("expression;", "runs without printing"),
      ("Ctrl-C", "clears the line, or stops what runs; Ctrl-D leaves"),
    ]
    let rows = keys.map { "  " + screen.style.strong($0.0.padded(to: 16)) + $0.1 }
    let modules = documentation.members(of: "eb").filter { $0.kind == .field }
    var text = rows.joined(separator: "\n") + "\n\n" + commandList()
    if !modules.isEmpty {
      text += "\nlibraries (?eb lists all)\n"
      text += pages.columns(modules.map(\.name)).joined(separator: "\n") + "\n"
    }
    return text
  }
}
