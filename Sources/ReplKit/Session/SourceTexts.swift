// The texts of chunks by their names, so that a message can show the line it speaks of.

import Glibc

/// Texts of chunks: those registered, and files.
public final class SourceTexts {
  private var texts: [String: String] = [:]
  private var inputs: [String] = []

  /// No texts yet.
  public init() {}

  /// Registers the text of a chunk under the name messages show.
  public func register(_ text: String, as name: String) { texts[name] = text }

  /// Registers what was typed and answers its chunk's name: `input 1`, `input 2`, …
  package func registerInput(_ text: String) -> String {
    inputs.append(text)
    let name = "input \(inputs.count)"
    texts[name] = text
    return name
  }

  /// Registers the text of a file and answers its chunk's name, shortened as Lua shortens it.
  @discardableResult
  public func registerFile(_ text: String, path: String) -> String {
    let name = path.utf8.count <= 59 ? path : "..." + String(decoding: path.utf8.suffix(56), as: UTF8.self)
    texts[name] = text
    return name
  }

  /// The last thing typed that is not a command.
  package var lastInput: String? { inputs.last }
  /// Everything typed, in order.
  package var allInputs: [String] { inputs }

  /// The text of a chunk, read from the file if it is one.
  package func text(of name: String) -> String? {
    if let text = texts[name] { return text }
    if name.hasPrefix("[") || name.hasPrefix("(") { return nil }
    return try? readFile(name)
  }

  /// A line of a chunk, counted from 1.
  package func line(_ number: Int, of name: String) -> String? {
    guard let text = text(of: name) else { return nil }
    let lines = text.split(separator: "\n", maxSplits: number, omittingEmptySubsequences: false)
    guard number >= 1, number <= lines.count else { return nil }
    let line = lines[number - 1]
    return String(line.hasSuffix("\r") ? line.dropLast() : line)
  }
}

/// What the system said about a file.
public struct FileError: Error, CustomStringConvertible {
  /// The sentence.
  public let description: String

  init(_ operation: String, _ path: String) { description = "\(operation) \(path): \(String(cString: strerror(errno)))" }
}

/// The whole text of a file.
package func readFile(_ path: String) throws(FileError) -> String {
  guard let file = fopen(path, "r") else { throw FileError("cannot read", path) }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = fread(&chunk, 1, chunk.count, file)
    bytes += chunk[..<count]
    if count == 0 { break }
  }
  if ferror(file) != 0 { throw FileError("cannot read", path) }
  return String(decoding: bytes, as: UTF8.self)
}

/// Lua of a file, whose first line may be for the system: emptied, so that later lines keep their numbers.
func readLua(_ path: String) throws(FileError) -> String {
  let text = try readFile(path)
  return text.hasPrefix("#") ? String(text.drop { $0 != "\n" && $0 != "\r\n" }) : text
}

/// Writes a file anew.
package func writeFile(_ path: String, _ text: String) throws(FileError) {
  guard let file = fopen(path, "w") else { throw FileError("cannot write", path) }
  let bytes = Array(text.utf8)
  let isWritten = fwrite(bytes, 1, bytes.count, file) == bytes.count
  guard fclose(file) == 0, isWritten else { throw FileError("cannot write", path) }
}
