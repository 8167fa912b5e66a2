// The nearest known name to a mistyped one, by the number of typing errors between them.

/// The nearest name within a third of the letters mistyped, or nil. Ties go to the first.
package func nearest(to name: String, among known: some Sequence<String>) -> String? {
  let limit = min(3, max(1, name.utf8.count / 3))
  var best: (name: String, distance: Int)?
  for candidate in known where candidate != name && abs(candidate.utf8.count - name.utf8.count) <= limit {
    let distance = typingErrors(Array(name.utf8), Array(candidate.utf8))
    if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
  }
  return best?.name
}

// Damerau and Levenshtein's distance in its optimal string alignment form, by three rows.
private func typingErrors(_ a: [UInt8], _ b: [UInt8]) -> Int {
  func lower(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte | 32 : byte }
  var beforeLast = [Int](repeating: 0, count: b.count + 1)
  var last = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (lower(a[i]) == lower(b[j]) ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
      row.append(cost)
    }
    (beforeLast, last) = (last, row)
  }
  return last[b.count]
}
