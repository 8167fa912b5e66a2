import CKernels

/// What tensor work may use: the memory pool, the number of threads, and the flag by which the user interrupts it.
///
/// A session owns one engine and makes it current on its thread while it runs (`Engine.run`); code that runs outside any session
/// uses `Engine.shared`. This is the only context that operations do not take as an argument.
public final class Engine: @unchecked Sendable {
  /// The memory of the tensors made under this engine.
  public let pool: Pool

  let control: UnsafeMutablePointer<ebb_control>

  /// The float type that numbers without one become.
  public var defaultFloat = DType.float32

  /// Counts the recordings of whole functions that were begun: what has a younger birth was made inside the last one.
  package private(set) var generation: UInt32 = 0
  /// Whether a whole function is being recorded now.
  package private(set) var isStaging = false

  /// What takes steps instead of running them: only engines that `recording` made have one.
  let recorder: StepRecorder?

  /// Called when the pool refuses a block, before the one retry: a session runs its collector here.
  package var relieve: (() -> Void)?

  /// - Parameters:
  ///   - pool: memory of the tensors made under this engine.
  ///   - threads: how many threads a large operation may use, the caller's included.
  ///   - interrupt: a flag that lives as long as the engine; long kernels stop soon after it becomes non-zero.
  package init(pool: Pool = Pool(), threads: Int = 1, interrupt: UnsafePointer<Int32>? = nil) {
    self.pool = pool
    recorder = nil
    control = .allocate(capacity: 1)
    control.initialize(to: ebb_control(interrupt: interrupt, threads: Int32(threads)))
  }

  // An engine like another, whose operations are written down.
  private init(_ engine: Engine, recorder: StepRecorder) {
    pool = engine.pool
    defaultFloat = engine.defaultFloat
    generation = engine.generation
    self.recorder = recorder
    control = .allocate(capacity: 1)
    control.initialize(to: engine.control.pointee)
  }

  /// Runs `body` on this thread with operations of arrays written down by `recorder` instead of being done.
  package func recording<T, E: Error>(_ recorder: StepRecorder, _ body: () throws(E) -> T) throws(E) -> T {
    try Engine(self, recorder: recorder).run(body)
  }

  /// Runs `body`, which records a whole function; storages made meanwhile are told from older ones by `NDArray.isNewborn`.
  package func staging<T, E: Error>(_ body: () throws(E) -> T) throws(E) -> T {
    precondition(!isStaging, "recordings of whole functions do not nest")
    generation &+= 1
    isStaging = true
    defer { isStaging = false }
    return try body()
  }

  deinit {
    if ebb_thread_context() == Unmanaged.passUnretained(self).toOpaque() { ebb_set_thread_context(nil) }
    control.deallocate()
  }

  /// How many threads a large operation may use; results do not depend on it.
  public var threads: Int {
    get { Int(control.pointee.threads) }
    set { control.pointee.threads = Int32(max(1, newValue)) }
  }

  /// The engine of code that runs outside any session: one thread, no limit.
  public static let shared = Engine()

  /// The engine of the session that runs on this thread.
  public static var current: Engine {
    guard let context = ebb_thread_context() else { return shared }
    return Unmanaged<Engine>.fromOpaque(context).takeUnretainedValue()
  }

  /// Makes this engine current on the calling thread while `body` runs.
  public func run<T, E: Error>(_ body: () throws(E) -> T) throws(E) -> T {
    let outer = ebb_thread_context()
    ebb_set_thread_context(Unmanaged.passUnretained(self).toOpaque())
    defer { ebb_set_thread_context(outer) }
    return try body()
  }

  /// Makes this engine current on the calling thread for as long as it lives: for a program with one session a thread.
  package func makeCurrent() { ebb_set_thread_context(Unmanaged.passUnretained(self).toOpaque()) }

  /// The recording on this thread of a function that is to hold all that happens in it, also what needs no argument of it: it takes the
  /// operations on watched values that are older than itself. Nil outside of such functions. Threads may share an engine, so it is none's.
  package static var branch: AnyObject? {
    guard let branch = ebb_thread_branch() else { return nil }
    return Unmanaged<AnyObject>.fromOpaque(branch).takeUnretainedValue()
  }

  /// Makes `record` the branch of this thread while `body` runs; nil: whatever is one already.
  package static func recordingBranch<T, E: Error>(_ record: AnyObject?, _ body: () throws(E) -> T) throws(E) -> T {
    guard let record else { return try body() }
    let outer = ebb_thread_branch()
    ebb_set_thread_branch(Unmanaged.passUnretained(record).toOpaque())
    defer { ebb_set_thread_branch(outer) }
    return try withExtendedLifetime(record) { () throws(E) -> T in try body() }
  }

  /// Whether the user asked to stop.
  package var isInterrupted: Bool { control.pointee.interrupt.map { $0.pointee != 0 } ?? false }

  /// Throws when the user asked to stop; every loop of this program that may last calls it.
  package func checkInterrupt() throws(TensorError) {
    if isInterrupted { throw .interrupted }
  }
}
