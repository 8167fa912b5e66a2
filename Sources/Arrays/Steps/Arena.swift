/// Places blocks in one piece of memory so that those that live at the same time do not overlap.
///
/// Blocks come in the order in which they are first written; each goes to the smallest gap that holds it. Offsets are multiples of 64 bytes.
struct Arena {
  private(set) var bytes = 0
  private var gaps: [Range<Int>] = []

  /// Room for a block.
  mutating func take(_ request: Int) -> Int {
    let size = Arena.rounded(request)
    let best = gaps.indices.filter { gaps[$0].count >= size }.min { gaps[$0].count < gaps[$1].count }
    if let best {
      let start = gaps[best].lowerBound
      gaps[best] = (start + size)..<gaps[best].upperBound
      if gaps[best].isEmpty { gaps.remove(at: best) }
      return start
    }
    // The last gap, if it reaches the end, becomes the beginning of the new room.
    if let last = gaps.last, last.upperBound == bytes {
      gaps.removeLast()
      bytes = last.lowerBound + size
      return last.lowerBound
    }
    defer { bytes += size }
    return bytes
  }

  /// Gives room back.
  mutating func give(_ start: Int, _ request: Int) {
    let size = Arena.rounded(request)
    if size == 0 { return }
    var gap = start..<(start + size)
    if let before = gaps.firstIndex(where: { $0.upperBound == gap.lowerBound }) {
      gap = gaps.remove(at: before).lowerBound..<gap.upperBound
    }
    if let after = gaps.firstIndex(where: { $0.lowerBound == gap.upperBound }) {
      gap = gap.lowerBound..<gaps.remove(at: after).upperBound
    }
    gaps.insert(gap, at: gaps.firstIndex { $0.lowerBound > gap.lowerBound } ?? gaps.endIndex)
  }

  private static func rounded(_ bytes: Int) -> Int { (bytes + 63) & ~63 }
}
