import Testing

@testable import Arrays
@testable import Autodiff

/// Random programs: what a plan fuses, lays out in place and reduces on the way must not change a bit, with one thread and with two.
@Suite struct PlanFuzzTests {
  @Test(arguments: 0..<160 as Range<UInt64>) func planIsEagerBitForBit(seed: UInt64) throws {
    let program = RandomProgram(seed: seed)
    let x = try program.arguments()
    let expected = try program.run(x)
    let plan = try Plan(recorded(program.run, x))
    for threads in [1, 2] {
      let engine = Engine(threads: threads)
      // The second run finds the arena as the first has left it.
      for _ in 0..<2 {
        let results = try engine.run { () throws(TensorError) in try plan(x.map { $0.array! }).map { Tensor($0) } }
        #expect(try identical(results, expected), "seed \(seed), \(threads) threads\n\(plan.graph)")
      }
    }
  }

  /// The same when the arguments are given away, and results are written over them: each run gets copies that it alone holds.
  @Test(arguments: 0..<160 as Range<UInt64>) func donationChangesNoBit(seed: UInt64) throws {
    let program = RandomProgram(seed: seed)
    let x = try program.arguments()
    let expected = try program.run(x)
    let plan = try Plan(recorded(program.run, x), donated: Set(x.indices))
    for threads in [1, 2] {
      let engine = Engine(threads: threads)
      for isShared in [false, true] {
        var given = x.map { $0.array! }
        if !isShared { for index in given.indices { given[index] = try given[index].packed() } }
        let results = try engine.run { () throws(TensorError) in try plan(giving: &given).map { Tensor($0) } }
        #expect(try identical(results, expected), "seed \(seed), \(threads) threads, shared: \(isShared)\n\(plan.listing)")
      }
    }
    // What others hold was not written over.
    #expect(try identical(x, program.arguments()), "seed \(seed)")
  }

  /// The same of value and gradient.
  @Test(arguments: 1000..<1060 as Range<UInt64>) func gradientPlanIsEagerBitForBit(seed: UInt64) throws {
    let program = RandomProgram(seed: seed)
    let x = try program.arguments()
    let slopes: TensorFunction = { (x) throws(TensorError) in
      let linear = try linearize(
        { (x) throws(TensorError) in
          var total = try Tensor.scalar(0, program.dtype)
          for result in try program.run(x) { total = try total + result.sum() }
          return [total]
        }, at: x)
      return try linear.outputs + linear.pull([.scalar(1, program.dtype)]).compactMap { $0 }
    }
    let expected = try slopes(x)
    let plan = try Plan(recorded(slopes, x))
    let results = try plan(x.map { $0.array! }).map { Tensor($0) }
    #expect(try identical(results, expected), "seed \(seed)\n\(plan.graph)")
    let donating = try Plan(recorded(slopes, x), donated: Set(x.indices))
    var given: [NDArray] = []
    for x in x { given.append(try x.array!.packed()) }
    let written = try donating(giving: &given).map { Tensor($0) }
    #expect(try identical(written, expected), "seed \(seed), donated\n\(donating.listing)")
  }
}

/// A directed acyclic graph of element-wise operations with broadcasting, reductions and products, drawn from a seed.
struct RandomProgram {
  let seed: UInt64
  let dtype: DType
  private let rows: Int
  private let columns: Int
  private let length: Int

  // Around the sizes where tiles, blocks of sums, and threads begin.
  private static let sizes = [
    (1, 1), (1, 1000), (3, 5), (40, 64), (7, 200), (33, 1030), (128, 10), (2, 40_000), (1, 70_001), (300, 300),
  ]

  init(seed: UInt64) {
    self.seed = seed
    var dice = Dice(seed)
    dtype = dice.roll(2) == 0 ? .float32 : .float64
    (rows, columns) = dice.choose(RandomProgram.sizes)
    length = 4 + dice.roll(40)
  }

  func arguments() throws -> [Tensor] {
    var random = Generator(seed: seed)
    return try [[rows, columns], [rows, columns], [columns], [rows, 1], []].map { Tensor(try random.normal(Shape($0), dtype)) }
  }

  func run(_ x: [Tensor]) throws(TensorError) -> [Tensor] {
    var dice = Dice(seed &+ 77)
    var values = x
    var results: [Tensor] = []
    for _ in 0..<length {
      // Values of late operations are read most: chains grow long.
      let a = values[max(dice.roll(values.count), dice.roll(values.count))]
      let b = values[dice.roll(values.count)]
      let number = try Tensor.scalar(dice.choose([0.5, -2, 1.01, 3]), dtype)
      let made: Tensor
      switch dice.roll(24) {
      case 0...2: made = try a + b
      case 3...4: made = try a - b
      case 5...7: made = try a * b
      case 8: made = try a / (1 + square(b))
      case 9...10: made = try a * number
      case 11: made = try number - a
      case 12: made = try a + number
      case 13: made = try tanh(a)
      case 14: made = try sigmoid(number * a) * sigmoid((-number) * a)
      case 15: made = try relu(a)
      case 16: made = try square(a)
      case 17: made = try select(greater(a, b), a, b)
      case 18: made = try maximum(a, -b)
      case 19: made = try a.sum()
      case 20: made = a.rank > 0 ? try a.sum([a.rank - 1]) : a
      case 21: made = a.rank > 1 ? try a.mean([0]) : try exp(-square(a))
      case 22: made = a.rank > 0 ? try a.extremum(largest: true, [a.rank - 1]) : a
      default:
        let fits = a.rank == 2 && a.shape == b.shape && rows <= 300
        made = fits ? try tanh(matrixProduct(a, b.permuted([1, 0])) + x[3]).sum([1]) : a
      }
      // Shapes that broadcast with the arguments; a vector of the rows becomes a column.
      if made.rank == 1, made.shape[0] == rows, rows != columns {
        values.append(try made.reshaped([rows, 1]))
      } else if made.rank == 2, made.shape[0] != rows || made.shape[1] != columns, made.shape[1] != 1 {
        continue
      } else {
        values.append(try 0.5 * made)
      }
      if dice.roll(5) == 0 { results.append(values[values.count - 1]) }
    }
    return results + [values[values.count - 1]]
  }
}

/// SplitMix64.
private struct Dice {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func roll(_ sides: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ (z >> 31)) % UInt64(sides))
  }

  mutating func choose<T>(_ values: [T]) -> T { values[roll(values.count)] }
}
