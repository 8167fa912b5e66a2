// What the command line needs without a session: an expression printed, a file checked.

import LuaHost

extension Repl {
  /// Evaluates expressions and lays out the values: strings as they are, everything else as at the prompt.
  ///
  /// - Parameters:
  ///   - name: the chunk's name in messages.
  /// - Returns: the values, one a line.
  public static func printed(_ text: String, name: String, in state: LuaState, width: Int) throws(LuaError) -> String {
    let function: LuaFunction
    do {
      function = try state.load("return " + text + "\n", name: "=" + name)
    } catch {
      // Statements with a `return` of their own are fine as well.
      guard let statements = try? state.load(text + "\n", name: "=" + name) else { throw error }
      function = statements
    }
    var printer = ValuePrinter()
    printer.width = width
    return try state.withCall(function, [], results: nil) { (stack, count) throws(LuaError) in
      var lines = ""
      for i in 0..<count {
        let index = stack.top - count + 1 + i
        if let text = stack.string(at: index) { lines += text + "\n" } else { lines += try printer.show(stack, index) + "\n" }
      }
      return lines
    }
  }
}

/// Why a file does not compile.
public struct SyntaxError: Sendable {
  let error: LuaError
  let offset: Int?

  /// The message with the line and a caret.
  public func text(sources: SourceTexts, style: Style) -> String {
    ErrorReport(sources: sources, style: style).text(error, offset: offset)
  }
}

extension LuaState {
  /// Compiles a file without running it; nil if nothing is wrong.
  public func syntaxError(inFile path: String) -> SyntaxError? {
    do {
      _ = try load(file: path)
      return nil
    } catch {
      let offset = (try? readFile(path)).flatMap { placeOfSyntaxError(error, in: $0, prefix: "") }
      return SyntaxError(error: error, offset: offset)
    }
  }
}
