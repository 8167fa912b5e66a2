/// A block of the pool that one or more arrays share; the last one gives it back.
///
/// Contents are immutable once an array has been published. Writes happen only where nobody else can look: in the operation that
/// makes the block, and in the in-place methods after `isKnownUniquelyReferenced`.
package final class Storage: @unchecked Sendable {
  package let base: UnsafeMutableRawPointer
  let bytes: Int
  // Nil when the memory is someone else's, or does not exist.
  private let pool: Pool?
  private let owner: AnyObject?
  private var isClaimed = false
  /// The engine's generation when the block was made.
  let birth: UInt32
  /// Whether there is memory behind the addresses; not so in a plan that is being made.
  let exists: Bool

  /// A block with undefined contents.
  init(bytes request: Int) throws(TensorError) {
    let engine = Engine.current
    owner = nil
    birth = engine.generation
    if let recorder = engine.recorder {
      (base, bytes, pool, exists) = (recorder.reserve(request), request, nil, false)
      return
    }
    pool = engine.pool
    exists = true
    guard let block = engine.pool.take(request) ?? Storage.retry(request, engine) else {
      throw .outOfMemory(requested: request, live: engine.pool.statistics.live, limit: engine.pool.limit)
    }
    (base, bytes) = block
  }

  /// A block of a recorder, without memory.
  init(reserving bytes: Int, in recorder: StepRecorder) {
    (base, self.bytes, pool, owner, exists, birth) = (recorder.reserve(bytes), bytes, nil, nil, false, 0)
  }

  /// Memory that `owner` keeps as long as it lives.
  init(at base: UnsafeMutableRawPointer, bytes: Int, of owner: AnyObject) {
    (self.base, self.bytes, pool, self.owner, exists, birth) = (base, bytes, nil, owner, true, 0)
  }

  // The collector gets a chance to let tensors go, then the cache of freed blocks is given back.
  private static func retry(_ request: Int, _ engine: Engine) -> (UnsafeMutableRawPointer, Int)? {
    engine.relieve?()
    if let block = engine.pool.take(request) { return block }
    engine.pool.trim()
    return engine.pool.take(request)
  }

  /// The bytes of the block at the first call, 0 at later ones: a host with a collector counts each block once. Sessions are confined
  /// to one thread, and only they call it.
  func claimBytes() -> Int {
    if isClaimed { return 0 }
    isClaimed = true
    return bytes
  }

  /// Whether the block is the pool's, so that who holds it alone may write to it.
  var isOwn: Bool { pool != nil }

  deinit { pool?.give(base, bytes: bytes) }
}
