import Arrays

/// The formats that a value is read from and written to by the ending of a path.
public enum FileFormat: String, CaseIterable, Sendable {
  case npy, npz, safetensors, csv, json, jsonl, ebt

  /// What a format may be told when a file is written; each takes what it knows.
  public struct Options: Sendable {
    /// Texts beside the tensors of safetensors.
    public var metadata: [String: String] = [:]
    /// What JSON writes for NaN and the infinities.
    public var nonFinite = JSON.NonFinite.error
    /// What stands between the fields of CSV.
    public var separator = UInt8(ascii: ",")
    /// The columns of CSV, in order; all by default, in the order of their names' bytes.
    public var columns: [String]?

    /// The defaults.
    public init() {}
  }

  /// The format of a path, nil when its ending is none of these.
  public init?(path: String) {
    guard let ending = FileFormat.ending(of: path), let format = FileFormat(rawValue: ending.lowercased()) else { return nil }
    self = format
  }

  /// What follows the last point of a path's name; nil when there is none.
  public static func ending(of path: String) -> String? {
    WholeFile.split(path).name.split(separator: ".", omittingEmptySubsequences: false).dropFirst().last.map(String.init)
  }

  /// The value in a file; for safetensors with metadata that as a second one. Numbers of CSV get the type `float`.
  /// - Throws: `DataError` when the file can't be read, is damaged, or holds what has no place here.
  public func read(from path: String, float: DType = .float32) throws(DataError) -> [Checkpoint.Value] {
    switch self {
    case .ebt: return [try Checkpoint.read(from: path)]
    case .npy: return [.array(try NPY.read(from: path))]
    case .npz: return [FileFormat.table(try NPZ.read(from: path))]
    case .safetensors:
      let file = try SafeTensors.read(from: path)
      let texts = file.metadata.keys.sorted().map { Checkpoint.Entry(.text($0), .text(file.metadata[$0]!)) }
      return [FileFormat.table(file.tensors)] + (texts.isEmpty ? [] : [.table(texts)])
    case .json: return [try JSON.decode(try readFile(path), path: path).value]
    case .jsonl: return [JSON.array(try JSON.decodeLines(try readFile(path), path: path)).value]
    case .csv: return [try CSV(path: path).value(dtype: float)]
    }
  }

  /// Writes a value to a file; whoever reads the path finds the old file or the new one.
  /// - Throws: `DataError` when the system refuses, `.unsuitable` when the format can't hold the value.
  public func write(_ value: Checkpoint.Value, to path: String, _ options: Options = .init()) throws(DataError) {
    switch self {
    case .ebt: try Checkpoint.write(value, to: path)
    case .npy:
      guard case .array(let array) = value else {
        throw .unsuitable("npy", "expected one tensor, got \(value.kind); .npz holds several, .ebt anything")
      }
      try NPY.write(array, to: path)
    case .npz: try NPZ.write(try named(value), to: path)
    case .safetensors: try SafeTensors(try named(value), metadata: options.metadata).write(to: path)
    case .json: try WholeFile.write(try JSON.encode(try JSON(value), nonFinite: options.nonFinite) + [UInt8(ascii: "\n")], to: path)
    case .jsonl:
      guard case .array(let lines) = try JSON(value) else {
        throw .unsuitable("jsonl", "expected a sequence of values, one for each line, got \(value.kind)")
      }
      try WholeFile.write(try JSON.encodeLines(lines, nonFinite: options.nonFinite), to: path)
    case .csv: try WholeFile.write(try CSV.encode(value, options), to: path)
    }
  }

  // The tensors of a table by their names.
  private func named(_ value: Checkpoint.Value) throws(DataError) -> [NamedArray] {
    func wrong(_ got: String) -> DataError {
      .unsuitable(rawValue, "expected a table of names and tensors, got \(got); .ebt holds any tree")
    }
    guard case .table(let entries) = value else { throw wrong(value.kind) }
    var arrays: [NamedArray] = []
    for entry in entries {
      guard case .string(let bytes) = entry.key, let name = String(validating: bytes, as: UTF8.self) else {
        throw wrong("the key \(entry.key.text), which is no text")
      }
      guard case .array(let array) = entry.value else { throw wrong("\(entry.value.kind) as '\(name)'") }
      arrays.append(NamedArray(name, array))
    }
    return arrays
  }

  private static func table(_ arrays: [NamedArray]) -> Checkpoint.Value {
    .table(arrays.map { Checkpoint.Entry(.text($0.name), .array($0.array)) })
  }
}

extension Checkpoint.Value {
  /// What it is, for messages.
  var kind: String {
    switch self {
    case .nil: "nil"
    case .bool: "a boolean"
    case .integer, .number: "a number"
    case .string: "a string"
    case .array: "a tensor"
    case .table: "a table"
    case .generator: "a generator"
    }
  }

  /// The values of a table with the keys 1 to n; nil for any other value, and for an empty table unless `emptyCounts`.
  func sequence(emptyCounts: Bool = true) -> [Checkpoint.Value]? {
    guard case .table(let entries) = self, emptyCounts || !entries.isEmpty else { return nil }
    // Keys ascend as the walk over Lua's tables gives them; others are sorted here.
    let sorted = entries.sorted { $0.key < $1.key }
    for (i, entry) in sorted.enumerated() where entry.key != .integer(i + 1) { return nil }
    return sorted.map(\.value)
  }
}
