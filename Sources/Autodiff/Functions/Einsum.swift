/// Sums of products named by letters, as NumPy's `einsum`: "bi,ij,bj->b". Two operands at a time become one batched matrix product; the
/// pair that leaves the smallest result goes first.

/// The sum over all letters that the result does not have of the product of the operands.
///
/// Each operand has one letter a dimension; a letter twice in one operand is its diagonal. Without "->" the result has the letters that
/// occur once, in alphabetical order.
/// - Throws: `TensorError.invalid` for a malformed formula, a wrong number of operands or dimensions, or sizes that differ.
public func einsum(_ formula: String, _ operands: [Tensor]) throws(TensorError) -> Tensor {
  let (inputs, output) = try letters(formula, operands)
  var terms: [Term] = []
  for (labels, tensor) in zip(inputs, operands) { terms.append(try Term(tensor, labels).withoutRepetition()) }
  for i in terms.indices {
    let elsewhere = Set(terms.indices.filter { $0 != i }.flatMap { terms[$0].labels } + output)
    terms[i] = try terms[i].summed(keeping: elsewhere)
  }
  while terms.count > 1 {
    let (i, j) = cheapestPair(terms, output)
    let second = terms.remove(at: j)
    let first = terms.remove(at: i)
    let needed = Set(terms.flatMap(\.labels) + output)
    terms.append(try first.contracted(with: second, keeping: needed))
  }
  return try terms[0].tensor.permuted(output.map { terms[0].labels.firstIndex(of: $0)! })
}

private func letters(_ formula: String, _ operands: [Tensor]) throws(TensorError) -> ([[Character]], [Character]) {
  let text = formula.filter { $0 != " " }
  var left = Substring(text)
  var right: Substring?
  if let arrow = text.firstIndex(of: ">"), arrow > text.startIndex, text[text.index(before: arrow)] == "-" {
    left = text[..<text.index(before: arrow)]
    right = text[text.index(after: arrow)...]
  }
  let inputs = left.split(separator: ",", omittingEmptySubsequences: false).map(Array.init)
  for letter in inputs.joined() + Array(right ?? "") where !letter.isLetter || !letter.isASCII {
    throw .invalid("einsum", "'\(letter)' in \"\(formula)\" is no letter")
  }
  guard inputs.count == operands.count else {
    throw .invalid("einsum", "\"\(formula)\" names \(inputs.count) operands, got \(operands.count)")
  }
  var sizes: [Character: Int] = [:]
  for (i, (labels, tensor)) in zip(inputs, operands).enumerated() {
    guard labels.count == tensor.rank else {
      throw .invalid("einsum", "operand \(i + 1) is '\(String(labels))' in \"\(formula)\" but has shape \(tensor.shape)")
    }
    for (label, size) in zip(labels, tensor.shape) {
      if let other = sizes[label], other != size {
        throw .invalid("einsum", "'\(label)' has size \(other) and, in operand \(i + 1) of shape \(tensor.shape), \(size)")
      }
      sizes[label] = size
    }
  }
  let all = inputs.joined()
  let output = right.map(Array.init) ?? sizes.keys.filter { label in all.count { $0 == label } == 1 }.sorted()
  for label in output where sizes[label] == nil { throw .invalid("einsum", "'\(label)' of the result is in no operand") }
  guard Set(output).count == output.count else { throw .invalid("einsum", "the result of \"\(formula)\" has a letter twice") }
  return (inputs, output)
}

// The pair whose product is smallest compared with what it replaces.
private func cheapestPair(_ terms: [Term], _ output: [Character]) -> (Int, Int) {
  var best = (0, 1)
  var least = Int.max
  for i in terms.indices {
    for j in terms.indices where j > i {
      let others = Set(terms.indices.filter { $0 != i && $0 != j }.flatMap { terms[$0].labels } + output)
      let kept = Set(terms[i].labels + terms[j].labels).intersection(others)
      let size = kept.reduce(1) { $0 &* (terms[i].size($1) ?? terms[j].size($1) ?? 1) }
      let growth = size - terms[i].tensor.count - terms[j].tensor.count
      if growth < least { (least, best) = (growth, (i, j)) }
    }
  }
  return best
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
    // Nothing to sum over: an element-wise product with broadcasting, in the operands' own dtype.
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
