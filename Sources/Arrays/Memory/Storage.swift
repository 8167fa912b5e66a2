/// A block of the pool that one or more arrays share; the last one gives it back.
///
/// Contents are immutable once an array has been published. Writes happen only where nobody else can look: in the operation that
/// makes the block, and in the in-place methods after `isKnownUniquelyReferenced`.
package final class Storage: @unchecked Sendable {
  package let base: UnsafeMutableRawPointer
  let bytes: Int
  private let pool: Pool
  private var isClaimed = false

  /// A block with undefined contents.
  init(bytes request: Int) throws(TensorError) {
    let engine = Engine.current
    pool = engine.pool
    guard let block = engine.pool.take(request) ?? Storage.retry(request, engine) else {
      throw .outOfMemory(requested: request, live: engine.pool.statistics.live, limit: engine.pool.limit)
    }
    (base, bytes) = block
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

  deinit { pool.give(base, bytes: bytes) }
}
