import Arrays

/// What went wrong with data outside the program: the cause is typed here, its sentence is written once, in `message`.
public enum DataError: Error, Sendable {
  /// The system refused to open or read a file.
  case system(_ action: String, path: String, reason: String)
  /// A path that leads to a directory or a device where a file was expected.
  case notAFile(path: String)
  /// More bytes than the reader takes.
  case tooLarge(path: String, limit: Int)
  /// Contents that are not what their format demands; the sentence says what is wrong, where, and what was expected.
  case format(_ name: String, path: String, _ sentence: String)
  /// A value that a format can't hold; the sentence says which, why, and what to do.
  case unsuitable(_ name: String, _ sentence: String)
  /// Two files that do not belong together.
  case mismatch(_ operation: String, _ sentence: String)
  /// A dataset that is in none of the places where it was looked for.
  case notFound(_ operation: String, wanted: String, looked: [String], advice: String)
  /// A file that no address gave; the texts are what each of them answered.
  case download(_ file: String, _ answers: [String])
  /// The contents are good and no tensor could be made of them.
  case tensor(TensorError)
}

extension DataError: CustomStringConvertible {
  /// The same sentence as `message`.
  public var description: String { message }

  /// `what: what came, what was expected, what to do`.
  public var message: String {
    switch self {
    case .system(let action, let path, let reason):
      return "can't \(action) '\(path)': \(reason)"
    case .notAFile(let path):
      return "can't read '\(path)': it is not a regular file"
    case .tooLarge(let path, let limit):
      return "can't read '\(path)': it holds more than \(limit) bytes, the most that this reader takes"
    case .format(let name, let path, let sentence):
      return "\(name): '\(path)' \(sentence)"
    case .unsuitable(let operation, let sentence), .mismatch(let operation, let sentence):
      return "\(operation): \(sentence)"
    case .notFound(let operation, let wanted, let looked, let advice):
      let places = looked.isEmpty ? "" : " (looked in \(looked.map { "'\($0)'" }.joined(separator: ", ")))"
      return "\(operation): \(wanted) not found\(places); \(advice)"
    case .download(let file, let answers):
      return "can't download '\(file)': \(answers.joined(separator: "; "))"
    case .tensor(let error):
      return error.message
    }
  }
}
