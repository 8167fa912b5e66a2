import Arrays
import Testing

@testable import Experiments

@Suite struct DatasetTests {
  /// `count` examples whose inputs and labels tell which one it is.
  private func numbered(_ count: Int) throws -> Dataset {
    Dataset(
      x: try NDArray((0..<2 * count).map { Float($0) }, shape: [count, 2]),
      y: try NDArray((0..<count).map { Int32($0 + 1) }, shape: [count]), classes: count)
  }

  private func labels(_ data: Dataset) throws -> [Int32] {
    let labels = try data.y.elements(of: Int32.self)
    // Inputs and labels stay together.
    #expect(try data.x.elements(of: Float.self) == labels.flatMap { [Float(2 * $0 - 2), Float(2 * $0 - 1)] })
    return labels
  }

  @Test func takeAndSplitKeepTheOrder() throws {
    let data = try numbered(5)
    #expect(try labels(data.take(2)) == [1, 2])
    #expect(try data.take(0).x.shape == [0, 2])
    let (first, rest) = try data.split(0.5)
    #expect(try labels(first) == [1, 2, 3])
    #expect(try labels(rest) == [4, 5])
    #expect(#expect(throws: TensorError.self) { try data.take(6) }?.message == "take: the dataset has 5 examples, can't take 6")
    #expect(
      #expect(throws: TensorError.self) { try data.split(1.5) }?.message == "split: the fraction must be from 0 to 1, got 1.5")
  }

  @Test func shufflingIsAPermutationNamedByTheSeed() throws {
    let data = try numbered(50)
    var first = Generator(seed: 1)
    var again = Generator(seed: 1)
    let order = try labels(data.shuffled(using: &first))
    #expect(order != Array(1...50))
    #expect(order.sorted() == Array(1...50))
    #expect(try labels(data.shuffled(using: &again)) == order)
    #expect(try labels(data.shuffled(using: &again)) != order)
  }

  @Test(
    arguments: [
      (false, [[1, 2], [3, 4], [5], [1, 2]], 3), (true, [[1, 2], [3, 4], [1, 2], [3, 4]], 2),
    ] as [(Bool, [[Int32]], Int)])
  func batchesInOrder(dropLast: Bool, expected: [[Int32]], count: Int) throws {
    var batches = try Batches(numbered(5), size: 2, shuffle: false, dropLast: dropLast, generator: Generator(seed: 0))
    #expect(batches.count == count)
    for (number, labels) in expected.enumerated() {
      #expect(batches.isAtStart == (number % count == 0))
      #expect(batches.epoch == number / count)
      let (batch, index) = try batches.next()
      #expect(try self.labels(batch) == labels)
      #expect(try index.elements(of: Int32.self) == labels.map { $0 - 1 })
    }
  }

  @Test func everyEpochShowsEachExampleOnceInAnOrderOfItsOwn() throws {
    var batches = try Batches(numbered(20), size: 6, generator: Generator(seed: 3))
    var epochs: [[Int32]] = []
    for _ in 0..<3 {
      var seen: [Int32] = []
      repeat {
        let (batch, index) = try batches.next()
        #expect(try index.elements(of: Int32.self) == labels(batch).map { $0 - 1 })
        seen += try labels(batch)
      } while !batches.isAtStart
      #expect(seen.sorted() == Array(1...20))
      epochs.append(seen)
    }
    #expect(Set(epochs).count == 3)
  }

  @Test func aCopyContinuesWithTheSameBatches() throws {
    var batches = try Batches(numbered(20), size: 6, generator: Generator(seed: 3))
    for _ in 0..<5 { _ = try batches.next() }
    var fork = batches
    for _ in 0..<9 { #expect(try labels(batches.next().data) == labels(fork.next().data)) }
  }

  @Test func impossibleBatchesAreRefused() throws {
    func message(_ count: Int, size: Int, dropLast: Bool = false) -> String? {
      #expect(throws: TensorError.self) {
        try Batches(numbered(count), size: size, dropLast: dropLast, generator: Generator(seed: 0))
      }?.message
    }
    #expect(message(5, size: 0) == "batches: the size must be at least 1, got 0")
    #expect(message(0, size: 1) == "batches: the dataset has no examples")
    #expect(message(5, size: 6, dropLast: true) == "batches: size 6 is more than the 5 examples, and drop_last leaves no batch")
  }
}
