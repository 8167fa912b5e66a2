/// Sums of products named by letters, as NumPy's `einsum`: "bi,ij,bj->b", "...ij,...jk->...ik". Two operands at a time become one
/// batched matrix product, in the order `contractionOrder` finds.

/// The sum over all letters that the result does not have of the product of the operands.
///
/// Each operand has one letter a dimension; a letter twice in one operand is its diagonal. "..." stands for any number of dimensions,
/// which broadcast. Without "->" the result has the dimensions of "...", then the letters that occur once, in alphabetical order. The
/// result has the largest dtype of the operands; int32 and bool give int32.
/// - Throws: `TensorError.invalid` for a malformed formula, a wrong number of operands or dimensions, or sizes that differ.
public func einsum(_ formula: String, _ operands: [Tensor]) throws(TensorError) -> Tensor {
  let parsed = try Formula(formula, operands)
  // Products of whole numbers are exact in float64 as far as int32 reaches.
  let dtype = operands.reduce(DType.bool) { $0.promoted(with: $1.dtype) }
  let (inputs, output) = (parsed.inputs, parsed.output)
  var terms: [Term] = []
  for (labels, tensor) in zip(inputs, operands) {
    let numbers = try tensor.cast(to: dtype.isFloat ? dtype : .float64)
    terms.append(try Term(numbers, labels).withoutRepetition().withoutBroadcast(parsed.sizes))
  }
  for i in terms.indices {
    let elsewhere = Set(terms.indices.filter { $0 != i }.flatMap { terms[$0].labels } + output)
    terms[i] = try terms[i].summed(keeping: elsewhere)
  }
  for (i, j) in contractionOrder(terms.map(\.labels), parsed.sizes, output) {
    let second = terms.remove(at: j)
    let first = terms.remove(at: i)
    let needed = Set(terms.flatMap(\.labels) + output)
    terms.append(try first.contracted(with: second, keeping: needed))
  }
  let result = try terms[0].tensor.permuted(output.map { terms[0].labels.firstIndex(of: $0)! })
  return dtype.isFloat ? result : try result.cast(to: .int32)
}

/// The letters of every operand and of the result. The dimensions of "..." have letters of their own, which no user can type.
private struct Formula {
  let text: String
  private(set) var inputs: [[Character]] = []
  private(set) var output: [Character] = []
  private(set) var sizes: [Character: Int] = [:]

  init(_ text: String, _ operands: [Tensor]) throws(TensorError) {
    self.text = text
    var left = Substring(text.filter { $0 != " " })
    var right: Substring?
    if let arrow = left.firstIndex(of: ">"), arrow > left.startIndex, left[left.index(before: arrow)] == "-" {
      right = left[left.index(after: arrow)...]
      left = left[..<left.index(before: arrow)]
    }
    let parts = left.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count == operands.count else {
      throw invalid("names \(parts.count) operand\(parts.count == 1 ? "" : "s"), got \(operands.count)")
    }
    for (i, (part, tensor)) in zip(parts, operands).enumerated() {
      let labels = try expanded(part, rank: tensor.rank, "operand \(i + 1) is '\(part)'", tensor.shape)
      try note(labels, tensor.shape, operand: i + 1)
      inputs.append(labels)
    }
    let all = inputs.joined()
    let broadcast = sizes.keys.filter { !$0.isASCII }.sorted()
    if let right {
      output = try expanded(right, rank: right.filter(\.isLetter).count + broadcast.count, "the result is '\(right)'", nil)
    } else {
      output = broadcast + sizes.keys.filter { label in label.isASCII && all.count { $0 == label } == 1 }.sorted()
    }
    for label in output where sizes[label] == nil { throw invalid("'\(label)' of the result is in no operand") }
    guard Set(output).count == output.count else { throw invalid("the result has a letter twice") }
  }

  private func invalid(_ sentence: String) -> TensorError { .invalid("einsum", "\"\(text)\": \(sentence)") }

  // One letter a dimension; those of "..." are numbered from the last, so that they align as broadcasting does.
  private func expanded(_ part: Substring, rank: Int, _ subject: String, _ shape: Shape?) throws(TensorError) -> [Character] {
    var labels = Array(part)
    guard let dots = labels.firstIndex(of: ".") else {
      try checkLetters(labels)
      guard shape == nil || labels.count == rank else { throw invalid("\(subject) but has shape \(shape!)") }
      return labels
    }
    guard labels.dropFirst(dots).prefix(3) == [".", ".", "."] else { throw invalid("'.' in '\(part)' is not part of \"...\"") }
    labels.removeSubrange(dots..<(dots + 3))
    try checkLetters(labels)
    guard labels.count <= rank else { throw invalid("\(subject) but has shape \(shape!)") }
    let names = (0..<(rank - labels.count)).map { Character(Unicode.Scalar(UInt32(0xE100 - 1 - $0))!) }
    labels.insert(contentsOf: names.reversed(), at: dots)
    return labels
  }

  private func checkLetters(_ labels: [Character]) throws(TensorError) {
    for label in labels where !label.isLetter || !label.isASCII { throw invalid("'\(label)' is no letter") }
  }

  // Sizes must agree; those of "..." may also be 1.
  private mutating func note(_ labels: [Character], _ shape: Shape, operand: Int) throws(TensorError) {
    for (label, size) in zip(labels, shape) {
      let other = sizes[label] ?? size
      guard other == size || !label.isASCII && (size == 1 || other == 1) else {
        let subject = label.isASCII ? "'\(label)'" : "a dimension of \"...\""
        throw invalid("\(subject) has size \(other) and, in operand \(operand) of shape \(shape), \(size)")
      }
      sizes[label] = other == 1 ? size : other
    }
  }
}

/// The pairs to contract one after another, each as positions in the list that is left, to whose end their product goes.
///
/// Up to eight operands: the order with the fewest multiplications, found over all ways to split the operands in two. More: the pair
/// whose product is smallest compared with what it replaces goes first.
func contractionOrder(_ operands: [[Character]], _ sizes: [Character: Int], _ output: [Character]) -> [(Int, Int)] {
  let letters = Array(Set(operands.joined()).union(output)).sorted()
  func mask(_ labels: [Character]) -> UInt64 { labels.reduce(0) { $0 | 1 << UInt64(letters.firstIndex(of: $1)!) } }
  func volume(_ mask: UInt64) -> Double {
    var product = 1.0
    for (i, letter) in letters.enumerated() where mask >> UInt64(i) & 1 == 1 { product *= Double(sizes[letter] ?? 1) }
    return product
  }
  let own = operands.map(mask)
  let wanted = mask(output)
  return operands.count <= 8 ? cheapestOrder(own, wanted, volume) : greedyOrder(own, wanted, volume)
}

private func cheapestOrder(_ own: [UInt64], _ wanted: UInt64, _ volume: (UInt64) -> Double) -> [(Int, Int)] {
  let all = (1 << own.count) - 1
  func letters(_ subset: Int) -> UInt64 { own.indices.reduce(0) { subset >> $1 & 1 == 1 ? $0 | own[$1] : $0 } }
  // Of each set of operands: the letters of its product, the cheapest way to it, and the two parts that are contracted last.
  var product = [UInt64](repeating: 0, count: all + 1)
  var cost = [Double](repeating: .infinity, count: all + 1)
  var part = [Int](repeating: 0, count: all + 1)
  for subset in 1...max(all, 1) {
    product[subset] = letters(subset) & (letters(all & ~subset) | wanted)
    if subset & (subset - 1) == 0 {
      cost[subset] = 0
      continue
    }
    var left = (subset - 1) & subset
    while left > 0 {
      let right = subset & ~left
      if left > right {
        // Of equally many multiplications, those with the smaller results.
        let own = volume(product[left] | product[right]) + 1e-3 * volume(product[subset])
        if cost[left] + cost[right] + own < cost[subset] { (cost[subset], part[subset]) = (cost[left] + cost[right] + own, left) }
      }
      left = (left - 1) & subset
    }
  }
  // The tree of splits as positions in a list that shrinks.
  var list = own.indices.map { 1 << $0 }
  var order: [(Int, Int)] = []
  func contract(_ subset: Int) {
    guard subset & (subset - 1) != 0 else { return }
    contract(part[subset])
    contract(subset & ~part[subset])
    let places = [part[subset], subset & ~part[subset]].map { half in list.firstIndex(of: half)! }.sorted()
    list.remove(at: places[1])
    list.remove(at: places[0])
    list.append(subset)
    order.append((places[0], places[1]))
  }
  contract(all)
  return order
}

private func greedyOrder(_ own: [UInt64], _ wanted: UInt64, _ volume: (UInt64) -> Double) -> [(Int, Int)] {
  var terms = own
  var order: [(Int, Int)] = []
  while terms.count > 1 {
    var best = (i: 0, j: 1, growth: Double.infinity, product: UInt64(0))
    for i in terms.indices {
      for j in terms.indices where j > i {
        let others = terms.indices.reduce(wanted) { $1 == i || $1 == j ? $0 : $0 | terms[$1] }
        let product = (terms[i] | terms[j]) & others
        let growth = volume(product) - volume(terms[i]) - volume(terms[j])
        if growth < best.growth { best = (i, j, growth, product) }
      }
    }
    terms.remove(at: best.j)
    terms.remove(at: best.i)
    terms.append(best.product)
    order.append((best.i, best.j))
  }
  return order
}

/// An operand with one letter a dimension.
private struct Term {
  var tensor: Tensor
  var labels: [Character]

  init(_ tensor: Tensor, _ labels: [Character]) {
    self.tensor = tensor
    self.labels = labels
  }

  func size(_ label: Character) -> Int? { labels.firstIndex(of: label).map { tensor.shape[$0] } }

  // A letter twice in one operand: the diagonal of those two dimensions, one pair after the other.
  func withoutRepetition() throws(TensorError) -> Term {
    var term = self
    while let label = term.labels.first(where: { label in term.labels.count { $0 == label } > 1 }) {
      let places = term.labels.indices.filter { term.labels[$0] == label }.prefix(2)
      let rest = term.labels.indices.filter { !places.contains($0) }
      term = Term(try term.tensor.permuted(rest + places).diagonal(), rest.map { term.labels[$0] } + [label])
    }
    return term
  }

  // A dimension of size 1 that meets a larger one is left out: every place of the other meets the same element.
  func withoutBroadcast(_ sizes: [Character: Int]) throws(TensorError) -> Term {
    let kept = labels.indices.filter { tensor.shape[$0] == sizes[labels[$0]] }
    if kept.count == labels.count { return self }
    return Term(try tensor.reshaped(Shape(kept.map { tensor.shape[$0] })), kept.map { labels[$0] })
  }

  // The sum over the letters that nobody else has.
  func summed(keeping needed: Set<Character>) throws(TensorError) -> Term {
    let axes = labels.indices.filter { !needed.contains(labels[$0]) }
    return axes.isEmpty ? self : Term(try tensor.sum(axes), labels.filter(needed.contains))
  }

  func contracted(with other: Term, keeping needed: Set<Character>) throws(TensorError) -> Term {
    let common = labels.filter(other.labels.contains)
    let batch = common.filter(needed.contains)
    let inner = common.filter { !needed.contains($0) }
    let rows = labels.filter { !common.contains($0) }
    let columns = other.labels.filter { !common.contains($0) }
    let a = try folded([batch, rows, inner])
    let b = try other.folded([batch, inner, columns])
    // Nothing to sum over: an element-wise product with broadcasting.
    let product = inner.isEmpty ? try a * b : try matrixProduct(a, b)
    let result = batch + rows + columns
    var sizes: [Int] = []
    for label in result { sizes.append(size(label) ?? other.size(label) ?? 1) }
    return Term(try product.reshaped(.checked(sizes, operation: "einsum")), result)
  }

  // Three dimensions, each the product of a group of letters.
  private func folded(_ groups: [[Character]]) throws(TensorError) -> Tensor {
    let order = groups.joined().map { label in labels.firstIndex(of: label)! }
    return try tensor.permuted(order).reshaped(Shape(groups.map { $0.reduce(1) { $0 * size($1)! } }))
  }
}
