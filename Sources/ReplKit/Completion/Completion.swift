// What Tab offers.

/// Candidates for the word before the cursor.
public struct Completion: Sendable, Equatable {
  /// One of them.
  public struct Candidate: Sendable, Equatable {
    /// What replaces the word.
    public var text: String
    /// What a list shows.
    public var label: String
    /// What stands beside it in a list, such as an option's type and default.
    public var detail: String

    init(_ text: String, label: String? = nil, detail: String = "") {
      self.text = text
      self.label = label ?? text
      self.detail = detail
    }
  }

  /// Where the word starts, in bytes of the text.
  public var start: Int
  /// In the order they are to be shown.
  public var candidates: [Candidate]

  static func none(at place: Int) -> Completion { Completion(start: place, candidates: []) }
}
