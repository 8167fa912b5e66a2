import Autodiff
import Experiments
import LuaHost

/// `eb.io`: values in files. The ending of a path says the format; what a format can hold is said where it is read and written.
extension Library {
  func installFiles() throws {
    let module = try module("io")
    try define("load", in: module) { [unowned self] call in
      try expectFiles("io.load")
      try call.expect(1...1)
      let path = try call.string(1)
      let format = try fileFormat(path, call)
      let values = try inFiles(call) { try format.read(from: path, float: engine.defaultFloat) }
      for value in values { try push(value, to: call.stack) }
      return values.count
    }
    try define("save", in: module) { [unowned self] call in
      try expectFiles("io.save")
      try call.expect(2...3)
      let path = try call.string(1)
      let format = try fileFormat(path, call)
      let options = try fileOptions(format, call)
      try expectNoRecording("io.save")
      let value = try saved(call.stack, at: 2, operation: "io.save")
      try inFiles(call) { try format.write(value, to: path, options) }
      return 0
    }
    try installEvents(in: module)
  }

  private func fileFormat(_ path: String, _ call: LuaCall) throws -> FileFormat {
    if let format = FileFormat(path: path) { return format }
    let known = FileFormat.allCases.map { ".\($0.rawValue)" }
    let ending = FileFormat.ending(of: path)
    let near = ending.map { suggestion(for: ".\($0)", among: known) } ?? ""
    throw LuaError(
      .argument,
      "io.\(call.name): '\(path)' has \(ending.map { "the unknown ending .\($0)" } ?? "no ending")\(near); expected one of "
        + known.joined(separator: " "))
  }

  private func fileOptions(_ format: FileFormat, _ call: LuaCall) throws -> FileFormat.Options {
    var result = FileFormat.Options()
    let known: [String]
    switch format {
    case .safetensors: known = ["metadata"]
    case .csv: known = ["separator", "columns"]
    case .json, .jsonl: known = ["nonfinite"]
    case .npy, .npz, .ebt: known = []
    }
    let options = try Options(call, 3, known: known, self, allNamed: true)
    result.metadata =
      try options.read("metadata", "table of strings") { try [String: String].read(from: call.stack, at: $0) } ?? [:]
    result.separator = try separator(options)
    result.columns = try options.read("columns", "table of names") { try [String].read(from: call.stack, at: $0) }
    if let word = try options.choice("nonfinite", JSON.NonFinite.allCases.map(\.rawValue)) {
      result.nonFinite = JSON.NonFinite(rawValue: word) ?? .error
    }
    return result
  }

  /// The option `separator` of CSV: one character that stands in no number and is no quote.
  func separator(_ options: Options) throws -> UInt8 {
    guard let text = try options.string("separator") else { return UInt8(ascii: ",") }
    guard text.utf8.count == 1, let byte = text.utf8.first, !"\"\n\r0123456789+-.eE".utf8.contains(byte) else {
      throw options.call.error("option 'separator': expected one character such as ',', ';' or '\\t', got '\(text)'", .argument)
    }
    return byte
  }

  /// Puts the operation in front of what readers and writers of files say.
  func inFiles<R>(_ call: LuaCall, _ body: () throws -> R) throws -> R {
    do { return try body() } catch let error as DataError {
      throw LuaError(.runtime, "io.\(call.name): \(error.message)", cause: error)
    }
  }

  /// Throws in a session that was made without files.
  func expectFiles(_ operation: String) throws {
    if hasFiles { return }
    throw LuaError(.runtime, "\(operation): this session has no access to files: the program that made it chose the safe libraries")
  }

  /// Throws while a function is recorded: what it does to files would be done once, and not at every call.
  func expectNoRecording(_ operation: String) throws {
    guard engine.isStaging else { return }
    throw TensorError.invalid(
      "compile",
      "\(operation) would run once, while the function is recorded, and not at every call; return the values and save them outside")
  }
}

// An interrupt in the middle of a download, or no memory for what was read, is the same error as anywhere else.
extension DataError: LuaErrorCarrier {
  /// The Lua error inside, if there is one.
  public var carriedLuaError: LuaError? {
    if case .tensor(let error) = self { error.carriedLuaError } else { nil }
  }
}
