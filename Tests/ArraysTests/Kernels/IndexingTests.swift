import CKernels
import Testing

@Suite struct IndexingTests {
  /// [outer, n, inner, k]
  static let shapes: [[Int]] = [
    [1, 5, 1, 12], [3, 4, 1, 9], [2, 6, 5, 20], [1, 3, 700, 4], [4, 1, 2, 3], [1, 1000, 40, 3000],
  ]

  @Test(arguments: shapes) func gatherPicksRows(_ shape: [Int]) {
    check(shape, (0..<(shape[0] * shape[1] * shape[2])).map { Float($0) })
    check(shape, (0..<(shape[0] * shape[1] * shape[2])).map { Double($0) })
    check(shape, (0..<(shape[0] * shape[1] * shape[2])).map { UInt8(truncatingIfNeeded: $0) })
  }

  private func check<Element: KernelElement>(_ shape: [Int], _ x: [Element]) {
    let (n, inner, k) = (shape[1], shape[2], shape[3])
    let index = Self.indices(k, below: n)
    for threads in [Int32(1), 3] {
      var block = control(threads: threads)
      var y = [Element](repeating: x[0], count: shape[0] * k * inner)
      let size = Int32(MemoryLayout<Element>.size)
      #expect(ebb_gather(size, Int64(shape[0]), Int64(n), Int64(inner), Int64(k), &y, x, index, &block) == 0)
      let wanted = y.indices.map { at in x[(at / inner / k * n + Int(index[at / inner % k])) * inner + at % inner] }
      #expect(y == wanted, "\(shape)")
    }
  }

  @Test(arguments: shapes) func scatterAddsRepeatedIndicesInOrder(_ shape: [Int]) {
    let (n, inner, k) = (shape[1], shape[2], shape[3])
    let index = Self.indices(k, below: n)
    var samples = Samples(12)
    let x = (0..<(shape[0] * k * inner)).map { _ in Float.random(in: -1...1, using: &samples) }
    let start = (0..<(shape[0] * n * inner)).map { Float($0 % 10) }
    var wanted = start
    for o in 0..<shape[0] {
      for i in 0..<k { for j in 0..<inner { wanted[(o * n + Int(index[i])) * inner + j] += x[(o * k + i) * inner + j] } }
    }
    for threads in [Int32(1), 3] {
      var block = control(threads: threads)
      var y = start
      #expect(ebb_scatter_add(.EBB_F32, Int64(shape[0]), Int64(n), Int64(inner), Int64(k), &y, x, index, &block) == 0)
      #expect(y == wanted, "\(shape)")
    }
    var integers: [Int32] = [.max, 0]
    _ = ebb_scatter_add(.EBB_I32, 1, 2, 1, 3, &integers, [1, 5, 6] as [Int32], [0, 1, 1], nil)
    #expect(integers == [.min, 11])
  }

  @Test(arguments: [1, 2, 10, 48, 49, 300, 5000], [false, true]) func sortIsStableWithNaNLast(_ n: Int, _ descending: Bool) {
    var samples = Samples(UInt64(n))
    let coarse = (0..<(3 * n)).map { _ in Float(Int.random(in: -20...20, using: &samples)) / 4 }
    checkSort(coarse.enumerated().map { $0 % 13 == 5 ? .nan : $0 % 17 == 3 ? -0.0 : $1 }, n, descending) { $0.isNaN }
    checkSort(coarse.map { Double($0) }.enumerated().map { $0 % 13 == 5 ? -.nan : $0 % 7 == 3 ? -.infinity : $1 }, n, descending) {
      $0.isNaN
    }
    checkSort(coarse.map { Int32($0 * 4e8) }, n, descending) { _ in false }
    checkSort(coarse.map { UInt8($0 > 0 ? 1 : 0) }, n, descending) { _ in false }
    checkSort((0..<(3 * n)).map { _ in Double(bitPattern: samples.next()) }, n, descending) { $0.isNaN }
    checkSort((0..<(3 * n)).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: samples.next())) }, n, descending) { $0.isNaN }
  }

  private func checkSort<Element: KernelElement & Comparable>(
    _ x: [Element], _ n: Int, _ descending: Bool, isNaN: (Element) -> Bool
  ) {
    var values = x
    var index = [Int32](repeating: -1, count: x.count)
    var block = control(threads: 2)
    #expect(ebb_sort(Element.kernel, 3, Int64(n), descending, &values, &index, x, &block) == 0)
    var bare = index
    #expect(ebb_sort(Element.kernel, 3, Int64(n), descending, nil, &bare, x, &block) == 0)
    #expect(bare == index)
    for row in 0..<3 {
      let piece = Array(x[(row * n)..<((row + 1) * n)])
      let order = piece.indices.sorted { a, b in
        if isNaN(piece[a]) || isNaN(piece[b]) { return isNaN(piece[a]) == isNaN(piece[b]) ? a < b : isNaN(piece[b]) }
        if piece[a] == piece[b] { return a < b }
        return descending ? piece[a] > piece[b] : piece[a] < piece[b]
      }
      #expect(index[(row * n)..<((row + 1) * n)].map { Int($0) } == order)
      let sorted = values[(row * n)..<((row + 1) * n)]
      #expect(zip(sorted, order).allSatisfy { $0 == piece[$1] || isNaN($0) && isNaN(piece[$1]) })
    }
  }

  static func indices(_ k: Int, below n: Int) -> [Int32] {
    var samples = Samples(11)
    return (0..<k).map { _ in Int32.random(in: 0..<Int32(n), using: &samples) }
  }
}
