// Memory: what Lua's collector is told about bytes outside its heap, and limits on its own heap.

import CLuaShim

extension LuaState {
  /// Tells the collector about bytes allocated outside Lua on its behalf. Plain counting: it is safe wherever Swift
  /// runs. For every 256 KB a collector step runs when the function returns to Lua, so large that a cycle comes with every 4 MB
  /// and a quarter of `externalBytes`.
  @inlinable
  package func noteExternalBytes(_ count: Int) { lh_note_external(host, Int64(count)) }

  /// A full collection. Finalizers of scripts may run.
  public func collect() { lh_collect(thread, host) }

  /// Runs `body`, and if it gives nil collects fully and runs it once more: for allocations that failed or went over
  /// a limit while garbage may still hold memory.
  public func retryingAfterCollection<R, E: Error>(_ body: () throws(E) -> R?) throws(E) -> R? {
    if let result = try body() { return result }
    collect()
    return try body()
  }

  /// Bytes in Lua's own heap. 0 for borrowed states.
  public var heapBytes: Int { Int(lh_heap_bytes(host)) }

  /// The most bytes Lua's own heap may hold, nil for no limit. Owned states only. Beyond it scripts get
  /// `not enough memory` after a full collection.
  public func setHeapLimit(_ bytes: Int?) { lh_set_heap_limit(host, bytes.map { max(1, $0) } ?? 0) }

  /// For tests: the `count` allocations from number `first` on fail. 0 turns it off.
  package func failAllocations(from first: Int, count: Int) { lh_fail_allocations(host, Int64(first), Int64(count)) }

  /// For tests: whether the failure asked for has not happened yet.
  package var isFailurePending: Bool { lh_allocations_until_failure(host) > 0 }
}
