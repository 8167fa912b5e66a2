import CKernels

/// Where the blocks of a recording lie in the arena: from its first writer to its last reader a block has its place for itself.
///
/// The result of a tile program takes the place of an operand that dies there, when each element is read before it is written: then the
/// update of a parameter touches memory once.
struct BlockLayout {
  /// Offsets of the blocks that are neither arguments nor kept.
  private(set) var offsets: [Int: Int] = [:]
  /// Bytes in all.
  private(set) var bytes = 0
  // The steps that read or write each block.
  private var users: [[Int]]
  private let writers: [Int: Int]
  private let kept: Set<Int>

  init(_ recorder: StepRecorder, _ groups: [Fusion.Group], arguments: [Int], kept: Set<Int>) {
    users = [[Int]](repeating: [], count: recorder.blocks.count)
    self.kept = kept
    var madeBy: [Int: Int] = [:]
    let touches = recorder.steps.indices.map { recorder.touches(of: $0) }
    for (index, touched) in touches.enumerated() {
      for block in Set(touched.reads + touched.writes) { users[block].append(index) }
      for block in touched.writes where recorder.steps[index].kernel == .pointwise { madeBy[index] = block }
    }
    writers = madeBy
    let makers = Dictionary(madeBy.map { ($1, $0) }) { first, _ in first }

    let isElsewhere = kept.union(arguments)
    var positions = [Int](repeating: 0, count: recorder.steps.count)
    for (position, group) in groups.enumerated() { for member in group.members { positions[member] = position } }
    let lastUses = users.map { $0.map { positions[$0] }.max() ?? -1 }

    var arena = Arena()
    for (position, group) in groups.enumerated() {
      let members = Set(group.members)
      var touched: [Int] = []
      for member in group.members {
        for block in touches[member].reads + touches[member].writes where !isElsewhere.contains(block) && !touched.contains(block) {
          // What an element-wise step makes for its group alone never reaches memory.
          let maker = makers[block]
          if maker == nil || !members.contains(maker!) || reachesMemory(maker!, outside: members) { touched.append(block) }
        }
      }
      for block in touched where offsets[block] == nil {
        if let place = inherited(block, group, touched.filter { lastUses[$0] == position && offsets[$0] != nil }, recorder) {
          offsets[block] = offsets[place]
          inheritedBlocks.insert(place)
        } else {
          offsets[block] = arena.take(recorder.blocks[block].bytes)
        }
      }
      for block in touched where lastUses[block] == position && !inheritedBlocks.contains(block) {
        arena.give(offsets[block]!, recorder.blocks[block].bytes)
      }
    }
    bytes = arena.bytes
  }

  // Blocks whose place another has taken over.
  private var inheritedBlocks = Set<Int>()

  /// Whether the result of an element-wise step is read by anything but the steps of its group.
  func reachesMemory(_ step: Int, outside group: Set<Int>) -> Bool {
    guard let block = writers[step] else { return true }
    return kept.contains(block) || users[block].contains { !group.contains($0) }
  }

  // A dying operand of the group whose place the result may take: same size, read element by element, and never after the write.
  private func inherited(_ block: Int, _ group: Fusion.Group, _ dying: [Int], _ recorder: StepRecorder) -> Int? {
    dying.first { !inheritedBlocks.contains($0) && recorder.canWrite(block, over: $0, in: group) }
  }
}

extension StepRecorder {
  /// Whether an element-wise step of a group may write its result over a block that nobody reads after the group: both have the same
  /// size, and in the group each element is read in its place and before it is written.
  func canWrite(_ result: Int, over operand: Int, in group: Fusion.Group) -> Bool {
    guard blocks[result].bytes == blocks[operand].bytes else { return false }
    let members = group.members.map { steps[$0] }.filter { $0.kernel == .pointwise }
    func made(_ step: Step) -> Int? { step.out.0.flatMap { block(at: UInt(bitPattern: $0)) } }
    guard let writer = members.firstIndex(where: { made($0) == result }), !members.contains(where: { made($0) == operand }) else {
      return false
    }
    for (position, step) in members.enumerated() {
      for index in 0..<step.arity {
        guard let source = step.source(index), block(at: UInt(bitPattern: source)) == operand else { continue }
        let isStart = UInt(bitPattern: source) == blocks[operand].start
        guard isStart, step.layout(index).isInPlace, step.operandWidth(index) == members[writer].resultWidth, position <= writer
        else {
          return false
        }
      }
    }
    return true
  }
}
