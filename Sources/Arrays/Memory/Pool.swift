import Glibc
import Synchronization

/// Memory of tensors: 64-byte-aligned blocks in size classes, kept mapped after release.
///
/// A freshly mapped page costs more than the arithmetic on it (12–22 ns an element in page faults), so freed blocks wait in a
/// free list of their class for the next tensor of that size. The pool counts live bytes, so a session can bound them. All methods
/// may be called from any thread.
public final class Pool: @unchecked Sendable {
  // Everything below is guarded by `lock`; critical sections are a few instructions long, so waiting spins.
  private let lock = Atomic<Bool>(false)
  private var freeBlocks: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  private var counters = Statistics()
  private var largestLive = 0

  /// Most bytes that may be live at once.
  public let limit: Int

  /// What a pool has in use and has done.
  public struct Statistics: Sendable {
    /// Bytes of the blocks that tensors hold now.
    public var live = 0
    /// The largest `live` since the pool was made or `resetPeak` was called.
    public var peak = 0
    /// Bytes of released blocks that wait to be used again.
    public var cached = 0
    /// Blocks handed out in all.
    public var allocations = 0
    /// Bytes handed out in all; the collector's accounting reads it.
    public var allocatedBytes = 0
  }

  /// A pool that refuses to have more than `limit` bytes live.
  public init(limit: Int = .max) {
    self.limit = limit
    freeBlocks = .allocate(capacity: SizeClass.count)
    freeBlocks.initialize(repeating: nil, count: SizeClass.count)
  }

  deinit {
    trim()
    freeBlocks.deallocate()
  }

  /// A snapshot of the counters.
  public var statistics: Statistics { locked { counters } }

  /// Starts a new measurement of the peak.
  public func resetPeak() { locked { counters.peak = counters.live } }

  /// Gives cached blocks back to the system.
  public func trim() {
    locked {
      for index in 0..<SizeClass.count {
        while let block = freeBlocks[index] {
          freeBlocks[index] = block.load(as: UnsafeMutableRawPointer?.self)
          free(block)
        }
      }
      counters.cached = 0
    }
  }

  /// A block of at least `bytes` bytes with undefined contents, and its true size; nil when over the limit or out of memory.
  func take(_ bytes: Int) -> (UnsafeMutableRawPointer, Int)? {
    guard bytes <= SizeClass.largest else { return nil }
    let sizeClass = SizeClass(bytes)
    acquire()
    defer { release() }
    guard counters.live + sizeClass.bytes <= limit else { return nil }
    var block = freeBlocks[sizeClass.index]
    if let found = block {
      freeBlocks[sizeClass.index] = found.load(as: UnsafeMutableRawPointer?.self)
      counters.cached -= sizeClass.bytes
    } else {
      block = Pool.map(sizeClass.bytes)
    }
    guard let block else { return nil }
    counters.live += sizeClass.bytes
    counters.peak = max(counters.peak, counters.live)
    largestLive = max(largestLive, counters.live)
    counters.allocations += 1
    counters.allocatedBytes += sizeClass.bytes
    return (block, sizeClass.bytes)
  }

  /// Takes back a block that `take` gave out. The cache never holds more than was once live at the same time (at least 64 MB).
  func give(_ block: UnsafeMutableRawPointer, bytes: Int) {
    acquire()
    defer { release() }
    counters.live -= bytes
    if counters.cached + bytes > max(largestLive, 64 << 20) {
      free(block)
      return
    }
    let index = SizeClass(bytes).index
    block.storeBytes(of: freeBlocks[index], as: UnsafeMutableRawPointer?.self)
    freeBlocks[index] = block
    counters.cached += bytes
  }

  private static func map(_ bytes: Int) -> UnsafeMutableRawPointer? {
    let huge = 2 << 20
    var block: UnsafeMutableRawPointer?
    guard posix_memalign(&block, bytes >= huge ? huge : 64, bytes) == 0 else { return nil }
    if bytes >= huge { madvise(block, bytes, MADV_HUGEPAGE) }
    return block
  }

  @inline(__always) private func acquire() {
    while lock.exchange(true, ordering: .acquiring) {}
  }
  @inline(__always) private func release() { lock.store(false, ordering: .releasing) }
  private func locked<T>(_ body: () -> T) -> T {
    acquire()
    defer { release() }
    return body()
  }
}

/// Block sizes: multiples of 64 up to 1024 bytes, then four steps to each doubling. At most a quarter of a block is wasted.
struct SizeClass {
  let index: Int
  let bytes: Int

  static let count = 16 + 4 * 44
  static let largest = 1 << 53

  init(_ request: Int) {
    if request <= 1024 {
      let units = max(1, (request + 63) >> 6)
      index = units - 1
      bytes = units << 6
    } else {
      // request is in (2^e, 2^(e+1)]; the step is a quarter of 2^e.
      let exponent = Int.bitWidth - 1 - (request - 1).leadingZeroBitCount
      let step = 1 << (exponent - 2)
      let steps = (request - (1 << exponent) + step - 1) / step
      index = 16 + 4 * (exponent - 10) + steps - 1
      bytes = (1 << exponent) + steps * step
    }
  }
}
