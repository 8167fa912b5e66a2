import Autodiff
import LuaHost

/// The random draws of a function while it is recorded, from generators that are its arguments or were made from number arguments.
///
/// They are made again at every call, in the same order and from the streams of that call, so they have the numbers of a call that is
/// not compiled, and a generator that was passed has advanced as far.
final class HostDraws {
  /// What is drawn from a stream.
  typealias Body = (inout Generator) throws(TensorError) -> NDArray

  /// Operations on a list of streams, which begins empty.
  enum Operation {
    /// Appends the stream of this seed.
    case seed(node: Int)
    /// Appends the stream of the generator at this position among the arguments.
    case argument(Int)
    /// Appends so many streams that are split off from one.
    case split(stream: Int, count: Int)
    /// Draws from a stream.
    case draw(stream: Int, Body)
  }

  private(set) var operations: [Operation] = []
  private var streams = 0
  private var draws = 0

  /// The number of the stream of a seed.
  func seeded(_ node: Int) -> Int { append(.seed(node: node), streams: 1) }

  /// The number of the stream of a generator among the arguments.
  func argument(_ position: Int) -> Int { append(.argument(position), streams: 1) }

  /// The number of the first of `count` streams split off from one.
  func split(_ stream: Int, _ count: Int) -> Int { append(.split(stream: stream, count: count), streams: count) }

  /// The number of a draw.
  func draw(_ stream: Int, _ body: @escaping Body) -> Int {
    operations.append(.draw(stream: stream, body))
    defer { draws += 1 }
    return draws
  }

  /// The operations that draws, and generators among the arguments, need.
  var neededOperations: [Operation] {
    let hasArguments = operations.contains { if case .argument = $0 { true } else { false } }
    return draws == 0 && !hasArguments ? [] : operations
  }

  private func append(_ operation: Operation, streams count: Int) -> Int {
    operations.append(operation)
    defer { streams += count }
    return streams
  }

  /// Makes all draws of a call.
  static func evaluate(_ operations: [Operation], _ numbers: [LuaValue], _ arguments: [GeneratorBox]) throws -> [NDArray] {
    if operations.isEmpty { return [] }
    var (streams, drawn): ([Generator], [NDArray]) = ([], [])
    var sources: [(stream: Int, box: GeneratorBox)] = []
    for operation in operations {
      switch operation {
      case .seed(let node):
        guard let seed = numbers[node].asInteger else {
          throw LuaError(.argument, "rng: argument 1: expected integer, got \(numbers[node])")
        }
        streams.append(Generator(seed: UInt64(bitPattern: Int64(seed))))
      case .argument(let position):
        sources.append((streams.count, arguments[position]))
        streams.append(arguments[position].generator)
      case .split(let stream, let count):
        streams += streams[stream].split(count)
      case .draw(let stream, let body):
        drawn.append(try body(&streams[stream]))
      }
    }
    for source in sources { source.box.generator = streams[source.stream] }
    return drawn
  }
}

/// A stream of a recording.
struct RecordedStream {
  private(set) weak var recording: LuaRecording?
  let number: Int

  /// What stands for a draw: one is made from a stream that is thrown away, to find out what comes.
  func draw(_ body: @escaping HostDraws.Body) throws(TensorError) -> Tensor {
    var stranger = Generator(seed: 0)
    return try running().draw(number, try body(&stranger), body)
  }

  /// Streams that are split off.
  func split(_ count: Int) throws(TensorError) -> [RecordedStream] {
    let recording = try running()
    let first = recording.draws.split(number, count)
    return (0..<count).map { RecordedStream(recording: recording, number: first + $0) }
  }

  private func running() throws(TensorError) -> LuaRecording {
    guard let recording, !recording.numbers.isOver else {
      throw .invalid("compile", "a generator was used after the recording of its function had ended")
    }
    return recording
  }
}
