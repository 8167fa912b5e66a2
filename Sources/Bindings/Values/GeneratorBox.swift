import Autodiff

/// A generator as Lua holds it: a reference, so that drawing advances the one everybody holds.
///
/// Under vmap over an array of generators the box has one stream a lane; a draw then is a value with lanes.
final class GeneratorBox {
  private var streams: [Generator]
  private let trace: BatchTrace?
  // A generator made inside a recording gives the same numbers at every call; the state of one from outside would be lost.
  private let birth = Engine.current.generation
  /// When it was made, beside the moments at which recordings of loops begin.
  let moment = Level.next()

  init(_ generator: Generator) {
    streams = [generator]
    trace = nil
  }

  /// One stream a lane of a running vmap.
  init(lanes: [GeneratorBox], in trace: BatchTrace) {
    streams = lanes.map { $0.streams[0] }
    self.trace = trace
  }

  /// The state of the stream, for saving and comparing.
  var generator: Generator { streams[0] }

  /// Whether it has one stream a lane of a running vmap.
  var isMapped: Bool { trace != nil }

  /// A draw: `body` is applied to every stream.
  func draw(_ body: (inout Generator) throws(TensorError) -> NDArray) throws(TensorError) -> Tensor {
    try expectOwn()
    guard let trace else { return Tensor(try body(&streams[0])) }
    var rows: [Tensor] = []
    for lane in streams.indices { rows.append(Tensor(try body(&streams[lane]))) }
    return trace.value(try stack(rows, axis: 0))
  }

  /// Throws while a function is recorded that this generator was not made by: its draws would be the same at every call.
  private func expectOwn() throws(TensorError) {
    let engine = Engine.current
    guard engine.isStaging, birth != engine.generation else { return }
    throw .invalid(
      "compile",
      "random numbers of a generator from outside would be drawn once and be the same at every call; draw them before the call, or"
        + " make the generator inside with eb.rng(seed)")
  }

  /// Independent generators; under a mapped generator each has a stream a lane.
  func split(_ count: Int) throws(TensorError) -> [GeneratorBox] {
    try expectOwn()
    guard let trace else { return streams[0].split(count).map(GeneratorBox.init) }
    var parts: [[Generator]] = []
    for lane in streams.indices { parts.append(streams[lane].split(count)) }
    return (0..<count).map { part in
      GeneratorBox(lanes: parts.map { GeneratorBox($0[part]) }, in: trace)
    }
  }
}
