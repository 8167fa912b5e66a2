import CKernels

/// Groups element-wise steps into tile programs.
///
/// Steps are taken in order; a step runs when everything it depends on has run. An element-wise step opens a group, which then takes in what
/// uses its results element by element, and what that needs besides, as long as all have the same number of elements; and reductions of its
/// results over all elements or over rows. A group that reads nothing but arguments waits until something needs it: what it makes would only
/// lie in memory meanwhile, and what comes then may take it in. Where a step costs more than its arithmetic, steps that read the same elements join, too. What
/// only the group reads never reaches memory.
struct Fusion {
  private let recorder: StepRecorder
  private let kept: Set<Int>
  private let touches: [Touches]
  private var dependencies: [[Int]] = []
  private var dependents: [[Int]] = []
  private var readers: [[Int]] = []
  private var writers: [[Int]] = []
  private var isScheduled: [Bool]
  // Steps of groups that wait.
  private var isWaiting: [Bool]
  private var groups: [Group] = []

  /// Groups the steps of a recording; `kept` are the blocks that are read afterwards.
  static func groups(of recorder: StepRecorder, keeping kept: Set<Int>) -> [Group] {
    var fusion = Fusion(recorder, kept)
    fusion.schedule()
    return fusion.groups
  }

  /// Steps that run together: a tile program of several element-wise steps, or one step of any other kind.
  struct Group {
    var members: [Int]
  }

  // Registers are limited, and a tile has to fit in the cache.
  private static let mostMembers = 96
  private static let mostOperands = 24
  // Larger results of other steps would be held in memory for longer than they are needed.
  private static let mostOfSiblings = 1 << 14

  private init(_ recorder: StepRecorder, _ kept: Set<Int>) {
    self.recorder = recorder
    self.kept = kept
    touches = recorder.steps.indices.map { recorder.touches(of: $0) }
    isScheduled = [Bool](repeating: false, count: recorder.steps.count)
    isWaiting = isScheduled
    findDependencies()
  }

  // A step depends on the last writers of what it reads, and on the last writers and readers of what it writes.
  private mutating func findDependencies() {
    writers = [[Int]](repeating: [], count: recorder.blocks.count)
    readers = writers
    for (index, touched) in touches.enumerated() {
      var earlier: [Int] = []
      for block in touched.reads { earlier += writers[block] }
      for block in touched.writes { earlier += writers[block] + readers[block] }
      dependencies.append(Array(Set(earlier)).sorted())
      for block in touched.reads { readers[block].append(index) }
      for block in touched.writes { writers[block].append(index) }
    }
    dependents = [[Int]](repeating: [], count: touches.count)
    for (index, earlier) in dependencies.enumerated() { for other in earlier { dependents[other].append(index) } }
  }

  private mutating func schedule() {
    for first in touches.indices where !isScheduled[first] && !isWaiting[first] { open(first, mayWait: true) }
  }

  // The group that begins with a step, after all that it depends on, some of which may have been waiting.
  private mutating func open(_ first: Int, mayWait: Bool) {
    for earlier in dependencies[first] where !isScheduled[earlier] { open(earlier, mayWait: false) }
    // One of these may have taken it in.
    if isScheduled[first] { return }
    var group = Group(members: [])
    take(first, into: &group)
    if isPointwise(first) {
      var (next, sibling) = (0, 0)
      repeat { grow(&group, from: &next) } while takeSibling(&group, from: &sibling)
    }
    // In the order of the program, values live shortly.
    group.members.sort()
    if mayWait, canWait(group) {
      for member in group.members { (isScheduled[member], isWaiting[member]) = (false, true) }
    } else {
      groups.append(group)
    }
  }

  // Whether element-wise steps read only arguments, which are there all the time, and all they make is read by steps to come.
  private func canWait(_ group: Group) -> Bool {
    let inside = Set(group.members)
    return group.members.allSatisfy { member in
      guard isPointwise(member), !dependents[member].isEmpty else { return false }
      return touches[member].writes.allSatisfy { !kept.contains($0) && writers[$0].count == 1 }
        && touches[member].reads.allSatisfy { writers[$0].allSatisfy(inside.contains) }
    }
  }

  private mutating func take(_ step: Int, into group: inout Group) {
    group.members.append(step)
    isScheduled[step] = true
  }

  // Dependents of members join, first to last, each with what it needs besides.
  private mutating func grow(_ group: inout Group, from next: inout Int) {
    while next < group.members.count {
      for candidate in dependents[group.members[next]] where !isScheduled[candidate] {
        if isReduction(candidate, of: group) {
          take(candidate, into: &group)
          continue
        }
        var needed: [Int] = []
        guard collect(candidate, group, &needed, depth: 0) else { continue }
        for step in needed { take(step, into: &group) }
      }
      next += 1
    }
  }

  // The first step that reads in place what the group reads in place joins with what it needs.
  private mutating func takeSibling(_ group: inout Group, from next: inout Int) -> Bool {
    guard count(group.members[0]) <= Fusion.mostOfSiblings else { return false }
    while next < group.members.count {
      let member = group.members[next]
      for block in isPointwise(member) ? elementBlocks(member) : [] {
        for candidate in readers[block] where !isScheduled[candidate] && isPointwise(candidate) {
          var needed: [Int] = []
          guard elementBlocks(candidate).contains(block), collect(candidate, group, &needed, depth: 0) else { continue }
          for step in needed { take(step, into: &group) }
          return true
        }
      }
      next += 1
    }
    return false
  }

  // The blocks of which an element-wise step reads an element for each of its own.
  private func elementBlocks(_ step: Int) -> [Int] {
    let step = recorder.steps[step]
    return (0..<step.arity).compactMap { step.layout($0).isInPlace ? recorder.block(at: UInt(bitPattern: step.source($0)!)) : nil }
  }

  // Appends what has to join before `step`, and itself; false when something in the way is not element-wise.
  private func collect(_ step: Int, _ group: Group, _ needed: inout [Int], depth: Int) -> Bool {
    if needed.contains(step) { return true }
    guard depth < 8, isPointwise(step), count(step) == count(group.members[0]) else { return false }
    for earlier in dependencies[step] where !isScheduled[earlier] {
      guard collect(earlier, group, &needed, depth: depth + 1) else { return false }
    }
    let together = group.members + needed
    guard together.count < Fusion.mostMembers else { return false }
    let inside = Set(together)
    for earlier in dependencies[step] where inside.contains(earlier) {
      guard isPointwise(earlier), readsInPlace(step, of: earlier) else { return false }
    }
    guard operandCount(together + [step]) <= Fusion.mostOperands else { return false }
    needed.append(step)
    return true
  }

  // Whether a step reduces what the group makes, all of it or every row.
  private func isReduction(_ candidate: Int, of group: Group) -> Bool {
    let step = recorder.steps[candidate]
    guard step.kernel == .reduce, step.sizes.2 == 1, step.sizes.0 * step.sizes.1 == Int64(count(group.members[0])),
      step.sizes.1 > 0, step.sizes.0 == 1 || step.sizes.1 <= TileProgram.longestRow
    else { return false }
    guard group.members.contains(where: { isPointwise($0) && UnsafeRawPointer(recorder.steps[$0].out.0) == step.in.0 }),
      dependencies[candidate].allSatisfy({ isScheduled[$0] })
    else { return false }
    let others = group.members.filter { !isPointwise($0) }
    return others.count < Int(EBB_TILE_REDUCTIONS) && others.allSatisfy { recorder.steps[$0].sizes.1 == step.sizes.1 }
  }

  private func isPointwise(_ step: Int) -> Bool { recorder.steps[step].kernel == .pointwise }

  private func count(_ step: Int) -> Int { recorder.steps[step].elementCount }

  // How many operands a program of these steps would read from memory; the same one in two layouts counts twice, equal numbers once.
  private func operandCount(_ members: [Int]) -> Int {
    let members = members.filter(isPointwise)
    let made = Set(members.map { UnsafeRawPointer(recorder.steps[$0].out.0) })
    var inPlace = Set<UnsafeRawPointer>()
    var numbers = Set<UInt64>()
    var others = 0
    for member in members {
      let step = recorder.steps[member]
      for index in 0..<step.arity where !made.contains(step.source(index)) {
        let source = step.source(index)!
        let layout = step.layout(index)
        if layout.isSingle, recorder.block(at: UInt(bitPattern: source)) == nil, let number = step.number(at: source, index) {
          numbers.insert(number.bitPattern)
        } else if layout.isInPlace || layout.isSingle {
          inPlace.insert(source)
        } else {
          others += 1
        }
      }
    }
    return inPlace.count + numbers.count + others
  }

  // Whether a step reads the result of another element by element, and touches its block in no other way.
  private func readsInPlace(_ step: Int, of earlier: Int) -> Bool {
    let result = UnsafeRawPointer(recorder.steps[earlier].out.0)
    let step = recorder.steps[step]
    for index in 0..<step.arity {
      guard let source = step.source(index),
        recorder.block(at: UInt(bitPattern: source)) == recorder.block(at: UInt(bitPattern: result))
      else { continue }
      guard source == result, step.layout(index).isInPlace || step.elementCount == 1 else { return false }
    }
    return true
  }
}

/// The blocks that a step reads and writes.
struct Touches {
  var reads: [Int] = []
  var writes: [Int] = []
}

extension StepRecorder {
  /// The blocks that step `index` touches.
  func touches(of index: Int) -> Touches {
    var touched = Touches()
    if let work = outside[index] {
      touched.reads = work.inputs.compactMap { block(at: UInt(bitPattern: $0.storage.base)) }
      touched.writes = work.outputs.compactMap { block(at: UInt(bitPattern: $0.storage.base)) }
      return touched
    }
    let step = steps[index]
    for position in 0..<3 {
      if let source = step.source(position), let block = block(at: UInt(bitPattern: source)) { touched.reads.append(block) }
    }
    for target in [step.out.0, step.out.1] {
      if let target, let block = block(at: UInt(bitPattern: target)) { touched.writes.append(block) }
    }
    return touched
  }
}

extension ebb_step {
  /// How many operands an element-wise step has.
  var arity: Int { PointwiseCode(rawValue: op)!.arity }

  /// The elements of an element-wise step.
  var elementCount: Int {
    withUnsafeBytes(of: sizes) { bytes in
      bytes.assumingMemoryBound(to: Int64.self)[..<Int(rank)].reduce(1) { $0 * Int($1) }
    }
  }

  /// The address of operand `index`.
  func source(_ index: Int) -> UnsafeRawPointer? {
    switch index {
    case 0: `in`.0
    case 1: `in`.1
    default: `in`.2
    }
  }

  /// How operand `index` of an element-wise step lies under its elements, with neighbouring dimensions merged.
  func layout(_ index: Int) -> ElementLayout {
    var layout = ElementLayout()
    withUnsafeBytes(of: sizes) { sizes in
      withUnsafeBytes(of: strides) { strides in
        let extents = sizes.assumingMemoryBound(to: Int64.self)
        let steps = strides.assumingMemoryBound(to: Int64.self)
        for axis in 0..<Int(rank) { layout.append(extents[axis], steps[index * Shape.maximumRank + axis]) }
      }
    }
    return layout
  }
}

/// How an operand lies under elements that are numbered in row-major order.
struct ElementLayout {
  private(set) var shape: [Int64] = []
  private(set) var strides: [Int64] = []

  /// One dimension more, merged with the last where possible.
  mutating func append(_ extent: Int64, _ stride: Int64) {
    if extent == 1 { return }
    if let last = strides.last, last == extent * stride {
      shape[shape.count - 1] *= extent
      strides[strides.count - 1] = stride
    } else {
      shape.append(extent)
      strides.append(stride)
    }
  }

  /// Whether the elements follow each other.
  var isInPlace: Bool { strides == [1] }
  /// Whether all elements are one value.
  var isSingle: Bool { strides.allSatisfy { $0 == 0 } }
}
