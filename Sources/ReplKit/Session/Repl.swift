// A session at the prompt as a state machine: text goes in, text and an outcome come out. It knows no terminal; who
// owns one asks `isComplete` at Enter, hands the text to `enter`, and asks `completions` at Tab.

import LuaHost

/// A session of reading, running and printing in one Lua state.
public final class Repl {
  /// What became of an input.
  public enum Outcome: Equatable, Sendable {
    /// It ran, or there was nothing to run.
    case done
    /// It did not compile or raised an error, which was shown.
    case failed
    /// It was interrupted; the state is intact.
    case interrupted
    /// The user wants to leave.
    case quit(Int32)
  }

  /// The state everything runs in.
  public let state: LuaState
  /// Where output goes.
  public let screen: Screen
  /// The texts of inputs and chunks, for messages.
  public let sources = SourceTexts()
  /// What help and completion know. Read when first needed, so that the prompt opens at once.
  public private(set) lazy var documentation = Documentation(annotations + [("prompt", Self.promptAnnotations)])
  private let annotations: [(name: String, text: String)]
  /// Lets the user edit a text: given the text, answers the edited one, or nil to leave things as they are.
  public var edit: ((_ text: String) throws -> String?)?
  /// Lets the user edit a file in place.
  public var editFile: ((_ path: String) throws -> Void)?

  let scope: LocalScope
  let results: RecentResults
  let inspector: FunctionInspector
  var lastError: LuaError?
  /// Texts of inputs that ran well, for `:save`.
  var history: [String] = []
  /// Globals and modules that were there at the start.
  var originalGlobals: [String: LuaValue] = [:]
  var originalModules: Set<String> = []
  /// Set by `repl.quit` for the end of the running input.
  var wantsToQuit: Int32?

  /// A session over a state.
  ///
  /// - Parameters:
  ///   - annotations: LuaCATS files, each with its name and text.
  public init(_ state: LuaState, screen: Screen, annotations: [(name: String, text: String)] = []) throws(LuaError) {
    self.state = state
    self.screen = screen
    self.annotations = annotations
    scope = try LocalScope(state)
    results = try RecentResults(state, scope)
    inspector = try FunctionInspector(state)
    try installFunctions()
    try rememberOriginals()
  }

  // MARK: Compiling

  private enum Compiled {
    case expression(LuaFunction)
    case statements(LuaFunction)
    case incomplete
    case broken(LuaError, offset: Int?)
  }

  /// Expressions come first, then statements with the call that keeps locals, then statements that end in `return`.
  private func compile(_ text: String, name: String) -> Compiled {
    let chunk = "=" + name
    let expressionError: LuaError
    do {
      return .expression(try state.load("return " + text + "\n", name: chunk, environment: scope.environment))
    } catch {
      expressionError = error
    }
    if let function = try? state.load(text + "\n" + LocalScope.keepCall(for: text), name: chunk, environment: scope.environment) {
      return .statements(function)
    }
    do {
      return .statements(try state.load(text + "\n", name: chunk, environment: scope.environment))
    } catch {
      if LuaState.isIncomplete(error) || LuaState.isIncomplete(expressionError) { return .incomplete }
      // The reading that got further is the one that was meant.
      let asStatements = state.placeOfSyntaxError(error, in: text, prefix: "")
      let asExpression = state.placeOfSyntaxError(expressionError, in: text, prefix: "return ")
      if let asExpression, asExpression > asStatements ?? 0 { return .broken(expressionError, offset: asExpression) }
      return .broken(error, offset: asStatements)
    }
  }

  /// Whether Enter should run the text. False only while it is the beginning of something longer.
  public func isComplete(_ text: String) -> Bool {
    let source: String
    switch Request(text) {
    case .lua(let lua, _): source = lua
    case .command(let name, let argument):
      guard name == "time" || name == "timeit" else { return true }
      source = argument
    default: return true
    }
    if case .incomplete = compile(source, name: "input") { return false }
    return true
  }

  // MARK: Running

  /// Runs what was typed and shows what comes of it.
  @discardableResult
  public func enter(_ text: String) -> Outcome {
    state.clearInterrupt()
    wantsToQuit = nil
    do {
      switch Request(text) {
      case .nothing: return .done
      case .overview: show(overview())
      case .explain(let name): return explain(name)
      case .source(let name): return showSource(name)
      case .command(let name, let argument): return try perform(name, argument)
      case .lua(let source, let isSilent): return run(source, isSilent: isSilent)
      }
      return .done
    } catch {
      return report(error)
    }
  }

  /// Runs Lua as if it was typed.
  ///
  /// - Parameter file: where the text comes from, if it was not typed.
  func run(
    _ text: String, isSilent: Bool, file: String? = nil, timing: ((() throws(LuaError) -> Void) throws(LuaError) -> Void)? = nil
  ) -> Outcome {
    let name = file.map { sources.registerFile(text, path: $0) } ?? sources.registerInput(text)
    // Only what was just typed needs no name in front of its lines.
    let typed = file == nil ? name : nil
    let function: LuaFunction
    switch compile(text, name: name) {
    case .expression(let compiled), .statements(let compiled): function = compiled
    case .incomplete: return report(incomplete(text, name), input: typed, offset: text.utf8.count)
    case .broken(let error, let offset): return report(error, input: typed, offset: offset)
    }
    do {
      let call: () throws(LuaError) -> Void = { [self] () throws(LuaError) in
        try keepingLocalsOfFailures(of: name) { () throws(LuaError) in
          try state.withCall(function, scope.arguments(for: text), results: nil) { (stack, count) throws(LuaError) in
            try present(stack, count, isSilent: isSilent)
          }
        }
      }
      if let timing { try timing(call) } else { try call() }
      try scope.settle()
      history.append(text)
      state.clearInterrupt()
    } catch {
      try? scope.settle()
      if wantsToQuit == nil { return report(error, input: typed) }
    }
    if let code = wantsToQuit { return .quit(code) }
    return .done
  }

  private func incomplete(_ text: String, _ name: String) -> LuaError {
    do {
      _ = try state.load(text + "\n", name: "=" + name)
    } catch {
      if LuaState.isIncomplete(error) { return error }
    }
    do {
      _ = try state.load("return " + text + "\n", name: "=" + name)
      return LuaError(.syntax, "the input is not complete")
    } catch {
      return error
    }
  }

  private func present(_ stack: LuaStack, _ count: Int, isSilent: Bool) throws(LuaError) {
    guard count > 0 else { return }
    let first = stack.top - count + 1
    try results.note(try stack.value(at: first))
    if !isSilent { show(try printer().show(stack, results: count) + "\n") }
  }

  // Locals of a chunk that fails are still there in the message handler. The chunk is the outermost frame, or near it.
  private func keepingLocalsOfFailures(of name: String, _ body: () throws(LuaError) -> Void) throws(LuaError) {
    try state.observingFailures(
      { [scope] stack in
        guard let depth = try? stack.depth() else { return }
        for level in stride(from: depth - 1, through: max(1, depth - 20), by: -1) {
          guard let frame = try? stack.frame(level), frame.isMainChunk, frame.source == name else { continue }
          if let locals = try? stack.locals(ofLevel: level) { scope.keep(locals) }
          return
        }
      }, body)
  }

  // MARK: Showing

  func show(_ text: String) { screen.write(text) }

  /// A printer for the screen as it is now.
  func printer() -> ValuePrinter {
    var printer = ValuePrinter()
    printer.width = max(20, screen.width())
    // Most values hold no builtin function: the names are gathered when the first is met.
    var names: FunctionNames?
    printer.name = { [state] identity in
      if names == nil { names = try? FunctionNames(state) }
      return names?[identity]
    }
    printer.describeFunction = { [inspector] stack, index in
      guard let info = try? inspector.inspect(stack, index) else { return nil }
      return "(\(info.parameters.joined(separator: ", "))) \(info.place):\(info.firstLine)"
    }
    return printer
  }

  var resolver: NameResolver { NameResolver(state: state, scope: scope, documentation: documentation) }

  /// Shows an error; the answer says what kind it was.
  @discardableResult
  public func report(_ error: any Error, input: String? = nil, offset: Int? = nil) -> Outcome {
    let error = error as? LuaError ?? LuaError(.runtime, String(describing: error), cause: error)
    lastError = error
    state.clearInterrupt()
    var report = ErrorReport(sources: sources, style: screen.errorStyle)
    report.current = input
    screen.writeError(report.text(error, offset: offset, hint: hint(for: error)))
    return error.kind == .interrupted ? .interrupted : .failed
  }

  /// What Tab offers at a place of a text, in bytes.
  public func completions(in text: String, at point: Int) -> Completion {
    (try? Completer(names: resolver).complete(text, at: point)) ?? .none(at: point)
  }
}

extension LuaStack {
  /// The number of frames, found in logarithmic steps: after a stack overflow there are some 200 000.
  func depth() throws(LuaError) -> Int {
    var beyond = 1
    while try frame(beyond) != nil { beyond *= 2 }
    var inside = beyond / 2
    while beyond - inside > 1 {
      let middle = (inside + beyond) / 2
      if try frame(middle) != nil { inside = middle } else { beyond = middle }
    }
    return beyond
  }
}
