// What is known about one documented name.

/// A documented function, method, field or class.
public struct DocumentationEntry: Sendable, Equatable {
  /// What an entry is about.
  public enum Kind: Sendable, Equatable {
    /// `eb.zeros`: called with a dot.
    case function
    /// `Tensor:sum`: called with a colon.
    case method
    /// `Tensor.shape`, `eb.loss`: a value.
    case field
    /// A type with members.
    case type
    /// Another name of a type, or a choice of literals.
    case alias
  }

  /// A parameter, field of options or result.
  public struct Parameter: Sendable, Equatable {
    /// Its name; empty for results without one.
    public var name: String
    /// Its LuaCATS type.
    public var type: String
    /// Whether it may be left out.
    public var isOptional: Bool
    /// What it means.
    public var text: String
  }

  /// What it is.
  public var kind: Kind
  /// `eb.zeros`, `Tensor:sum`, `Tensor.shape`, `Tensor`.
  public var name: String
  /// Names of the parameters in the declaration, `...` for any number.
  public var arguments: [String] = []
  /// What is said about parameters.
  public var parameters: [Parameter] = []
  /// The results.
  public var results: [Parameter] = []
  /// Other ways to call it, as LuaCATS function types.
  public var overloads: [String] = []
  /// Of a field its type, of an alias what it stands for.
  public var type = ""
  /// Types whose members a type has too.
  public var parents: [String] = []
  /// The sentences, with examples taken out.
  public var text: [String] = []
  /// The fenced Lua examples.
  public var examples: [String] = []
  /// The annotation file and line.
  public var file = ""
  /// The line of the declaration, from 1.
  public var line = 0

  /// The first sentence.
  public var summary: String {
    let paragraph = text.prefix { !$0.isEmpty }.joined(separator: " ")
    guard let end = paragraph.ranges(of: ". ").first else { return paragraph }
    return String(paragraph[..<end.lowerBound]) + "."
  }

  /// The part behind the last dot or colon.
  public var lastName: String { String(name.split { $0 == "." || $0 == ":" }.last ?? "") }
  /// The part before it.
  public var owner: String { String(name.dropLast(lastName.utf8.count + 1)) }

  /// How it is written: `eb.zeros(shape) -> Tensor`.
  public var signature: String {
    switch kind {
    case .type: return parents.isEmpty ? name : "\(name): \(parents.joined(separator: ", "))"
    case .alias: return "\(name) = \(type)"
    case .field: return type.isEmpty ? name : "\(name): \(type)"
    case .function, .method:
      let list = arguments.map { argument in
        parameters.contains { $0.name == argument && $0.isOptional } ? argument + "?" : argument
      }
      let answer = results.map { $0.name.isEmpty ? $0.type : "\($0.name): \($0.type)" }
      return "\(name)(\(list.joined(separator: ", ")))" + (answer.isEmpty ? "" : " -> " + answer.joined(separator: ", "))
    }
  }
}
