@_exported import Autodiff
@_exported import LuaHost

/// A Lua state with the library `eb` in it: how a Swift program embeds Ebbtide.
///
///     let session = try Session(limits: .init(tensorBytes: 4 << 30, seconds: 600), libraries: .safe)
///     let losses = try session.run("return train(100)", as: [Double].self)
///
/// Sessions are isolated from each other; one belongs to one thread at a time. `interrupt()` may be called from any thread.
public final class Session {
  /// Bounds on what scripts may use.
  public struct Limits: Sendable {
    /// Most bytes of tensors alive at once; nil for no bound.
    public var tensorBytes: Int?
    /// Most seconds that one `run` may take; nil for no bound.
    public var seconds: Double?
    /// Threads that a large operation may use.
    public var threads: Int

    /// Limits; all bounds are absent unless given, and one thread is used.
    public init(tensorBytes: Int? = nil, seconds: Double? = nil, threads: Int = 1) {
      self.tensorBytes = tensorBytes
      self.seconds = seconds
      self.threads = threads
    }
  }

  /// The Lua state.
  public let state: LuaState
  /// Memory, threads and the interrupt flag of this session's tensors.
  public let engine: Engine
  /// What `eb` holds in this state.
  package let library: Library
  private let limits: Limits

  /// - Parameters:
  ///   - limits: bounds on memory and time.
  ///   - libraries: `.all` of Lua's standard libraries, or the `.safe` ones, without files, processes and loading of code; `eb` then
  ///     refuses to read and write files as well.
  public init(limits: Limits = Limits(), libraries: LuaState.Libraries = .all) throws {
    state = try LuaState(libraries: libraries)
    engine = Engine(
      pool: Pool(limit: limits.tensorBytes ?? .max), threads: limits.threads, interrupt: state.interruptFlag)
    self.limits = limits
    let (state, engine) = (state, engine)
    let files = if case .all = libraries { true } else { false }
    library = try engine.run { () throws(any Error) in try Library.open(in: state, engine: engine, files: files) }
  }

  deinit { engine.run { state.close() } }

  /// Runs a chunk and answers all its results.
  /// - Throws: `LuaError` with message, Lua traceback and cause.
  @discardableResult
  public func run(_ source: String, name: String = "=chunk") throws -> [LuaValue] {
    try bounded { try state.run(source, name: name) }
  }

  /// Runs a chunk and answers its first result as a Swift value: numbers, strings, arrays and dictionaries of them, or a `Tensor`.
  public func run<R: LuaReadable>(_ source: String, name: String = "=chunk", as type: R.Type) throws -> R {
    try bounded { try state.run(source, name: name, as: type) }
  }

  /// Stops what runs, from any thread: the script ends with an error of kind `interrupted`.
  public func interrupt() { state.interrupt() }

  /// Whether runs show on the program's standard error how far they have come; not unless set.
  public var showsProgress: Bool {
    get { library.progress != nil }
    set { library.progress = newValue ? ProgressLine() : nil }
  }

  /// Whether figures are printed in colours unless they say so themselves; nil, as at first: on a terminal unless NO_COLOR is set.
  public var coloursFigures: Bool? {
    get { library.coloursFigures }
    set { library.coloursFigures = newValue }
  }

  /// Sets the global `eb`, as the prompt has it.
  public func exposeGlobal() throws { try state.setGlobal("eb", to: library.root) }

  private func bounded<R>(_ body: () throws -> R) throws -> R {
    try engine.run {
      guard let seconds = limits.seconds else { return try body() }
      return try state.withTimeLimit(seconds: seconds) { () throws(LuaError) in
        do { return try body() } catch { throw error as? LuaError ?? LuaError(.runtime, "\(error)", cause: error) }
      }
    }
  }
}

extension Session {
  /// Makes a Swift function of one value a global of the scripts.
  public func register<A: LuaReadable, R: LuaPushable>(
    _ name: String, documentation: String = "", _ body: @escaping (A) throws -> R
  ) throws {
    try state.register(name) { call in try call.push(body(call.read(1))) }
    library.document(name, documentation)
  }

  /// Makes a Swift function of two values a global of the scripts.
  public func register<A: LuaReadable, B: LuaReadable, R: LuaPushable>(
    _ name: String, documentation: String = "", _ body: @escaping (A, B) throws -> R
  ) throws {
    try state.register(name) { call in try call.push(body(call.read(1), call.read(2))) }
    library.document(name, documentation)
  }
}
