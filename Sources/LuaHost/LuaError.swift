// What went wrong in Lua, as a structure for hosts. Scripts see the same error as the string `file:line: operation:
// sentence`; the structure keeps the traceback, the Swift error that caused it and error values that are no strings.

/// An error raised in Lua or on the way into it.
public struct LuaError: Error, CustomStringConvertible, @unchecked Sendable {
  /// What kind of failure it is.
  public enum Kind: Sendable, Equatable {
    /// An `error()` of the script or a failed operation.
    case runtime
    /// The chunk could not be compiled.
    case syntax
    /// No memory, or more than a limit allows.
    case memory
    /// An argument of the wrong type or number.
    case argument
    /// `LuaState.interrupt()` stopped it.
    case interrupted
    /// A limit of time stopped it.
    case timeLimit
  }

  /// The kind of failure.
  public var kind: Kind
  /// `file:line: operation: sentence`, or what the script put there.
  public var message: String
  /// Every frame at the place of the error, as Lua prints it; empty if nothing ran.
  public var fullTraceback: String
  /// The error a Swift function threw, if this one came from there.
  public var cause: (any Error)?
  /// The error value if it is not a string.
  public var value: LuaValue?
  /// Whether the message names its position already.
  package var isLocated: Bool
  /// Sources whose short name starts so are no frames of the user.
  package var marker = LuaState.defaultMarker

  /// An error for a Swift function to throw: the script sees it with its own position in front.
  public init(_ kind: Kind, _ message: String, cause: (any Error)? = nil) {
    self.init(kind: kind, message: message, traceback: "", cause: cause, value: nil, isLocated: false)
  }

  /// An error of kind `runtime`.
  public init(_ message: String, cause: (any Error)? = nil) { self.init(.runtime, message, cause: cause) }

  /// An error as it came out of Lua, with everything known about it.
  package init(kind: Kind, message: String, traceback: String, cause: (any Error)?, value: LuaValue?, isLocated: Bool) {
    self.kind = kind
    self.message = message
    self.fullTraceback = traceback
    self.cause = cause
    self.value = value
    self.isLocated = isLocated
  }

  /// An error about a place that does not run any more.
  package static func at(_ place: String, _ message: String) -> LuaError {
    LuaError(kind: .runtime, message: "\(place): \(message)", traceback: "", cause: nil, value: nil, isLocated: true)
  }

  /// The error of a Swift loop that saw the interrupt flag.
  public static var interrupted: LuaError { LuaError(.interrupted, "interrupted") }

  /// The frames of the user, one a line, without those of C functions and embedded chunks.
  public var traceback: String {
    var lines: [Substring] = []
    for line in fullTraceback.split(separator: "\n").dropFirst() {
      let frame = line.drop { $0 == "\t" || $0 == " " }
      if !frame.hasPrefix("[C]") && !frame.hasPrefix(marker) { lines.append(frame) }
    }
    return lines.joined(separator: "\n")
  }

  /// The message.
  public var description: String { message }
}

/// An error of another module that carries one of Lua on its way through, such as a failed callback. When a Swift
/// function throws it, Lua gets the carried error back unchanged.
public protocol LuaErrorCarrier: Error {
  /// The error to hand back, or nil if there is none inside.
  var carriedLuaError: LuaError? { get }
}
