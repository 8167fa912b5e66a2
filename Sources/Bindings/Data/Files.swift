import Autodiff
import Experiments
import LuaHost

/// `eb.io`: values in files. The ending of a path says the format; what a format can hold is said where it is read and written.
extension Library {
  func installFiles() throws {
    let module = try module("io")
    try define("load", in: module) { [unowned self] call in
      try call.expect(1...1)
      let path = try call.string(1)
      let format = try fileFormat(path, call)
      try inFiles(call) { try load(format, path, call) }
      return 1
    }
    try define("save", in: module) { [unowned self] call in
      try call.expect(2...2)
      let path = try call.string(1)
      let format = try fileFormat(path, call)
      try expectNoRecording("io.save")
      try inFiles(call) { try save(format, path, call) }
      return 0
    }
  }

  /// The formats by the endings of their files.
  enum FileFormat: String, CaseIterable {
    case ebt
  }

  private func fileFormat(_ path: String, _ call: LuaCall) throws -> FileFormat {
    let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    let ending = name.split(separator: ".", omittingEmptySubsequences: false).dropFirst().last?.lowercased()
    if let ending, let format = FileFormat(rawValue: ending) { return format }
    let known = FileFormat.allCases.map { ".\($0.rawValue)" }
    let near = ending.map { suggestion(for: ".\($0)", among: known) } ?? ""
    throw LuaError(
      .argument,
      "io.\(call.name): '\(path)' has \(ending.map { "the unknown ending .\($0)" } ?? "no ending")\(near); expected one of "
        + known.joined(separator: " "))
  }

  private func load(_ format: FileFormat, _ path: String, _ call: LuaCall) throws {
    switch format {
    case .ebt: try push(Checkpoint.read(from: path), to: call.stack)
    }
  }

  private func save(_ format: FileFormat, _ path: String, _ call: LuaCall) throws {
    switch format {
    case .ebt: try Checkpoint.write(saved(call.stack, at: 2, operation: "io.save"), to: path)
    }
  }

  /// Puts the operation in front of what readers and writers of files say.
  func inFiles<R>(_ call: LuaCall, _ body: () throws -> R) throws -> R {
    do { return try body() } catch let error as DataError {
      throw LuaError(.runtime, "io.\(call.name): \(error.message)", cause: error)
    }
  }

  /// Throws while a function is recorded: what it does to files would be done once, and not at every call.
  func expectNoRecording(_ operation: String) throws {
    guard engine.isStaging else { return }
    throw TensorError.invalid(
      "compile",
      "\(operation) would run once, while the function is recorded, and not at every call; return the values and save them outside")
  }
}
