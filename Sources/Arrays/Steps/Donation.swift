import CKernels

/// Which results of a program may lie in the memory of arguments that the caller gives away.
///
/// An argument's memory is free for a result that is first written when nobody reads the argument any more, or by the tile program that
/// reads it last, if that reads each element in its place before it is written. As many results as possible get an argument of their own:
/// a matching by augmenting paths (Kuhn, 1955).
struct Donation {
  /// The block of the argument by the block of the result.
  let donors: [Int: Int]

  /// - Parameters:
  ///   - results: blocks that runs make anew.
  ///   - donated: packed blocks of arguments that are no results.
  init(_ recorder: StepRecorder, _ groups: [Fusion.Group], results: [Int], donated: [Int]) {
    if results.isEmpty || donated.isEmpty {
      donors = [:]
      return
    }
    var firstWrites: [Int: Int] = [:]
    var lastReads: [Int: Int] = [:]
    for (position, group) in groups.enumerated() {
      for member in group.members {
        let touched = recorder.touches(of: member)
        for block in touched.writes where firstWrites[block] == nil { firstWrites[block] = position }
        for block in touched.reads { lastReads[block] = position }
      }
    }
    func fits(_ result: Int, _ argument: Int) -> Bool {
      let bytes = recorder.blocks[result].bytes
      guard bytes > 0, bytes == recorder.blocks[argument].bytes, let write = firstWrites[result] else { return false }
      guard let read = lastReads[argument], read >= write else { return true }
      return read == write && recorder.canWrite(result, over: argument, in: groups[write])
    }
    var takers: [Int: Int] = [:]
    // Finds an argument for a result, if need be by sending another result on to another argument.
    func place(_ result: Int, _ seen: inout Set<Int>) -> Bool {
      for argument in donated where !seen.contains(argument) && fits(result, argument) {
        seen.insert(argument)
        let taker = takers[argument]
        if taker == nil || place(taker!, &seen) {
          takers[argument] = result
          return true
        }
      }
      return false
    }
    for result in results {
      var seen = Set<Int>()
      _ = place(result, &seen)
    }
    donors = Dictionary(uniqueKeysWithValues: takers.map { ($1, $0) })
  }
}
