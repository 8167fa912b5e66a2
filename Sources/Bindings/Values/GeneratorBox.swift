import Autodiff

/// A generator as Lua holds it: a reference, so that drawing advances the one everybody holds.
///
/// Under vmap over an array of generators the box has one stream a lane; a draw then is a value with lanes. Inside a function that is
/// recorded it may be a stream of the calls to come.
final class GeneratorBox {
  private enum Source {
    case stream(Generator)
    case lanes([GeneratorBox], BatchTrace)
    case recorded(RecordedStream)
  }

  private var source: Source
  // A generator made inside a recording gives the same numbers at every call; the state of one from outside would be lost.
  private let birth = Engine.current.generation
  /// When it was made, beside the moments at which recordings of loops begin.
  let moment = Level.next()

  init(_ generator: Generator) { source = .stream(generator) }

  /// One stream a lane of a running vmap.
  init(lanes: [GeneratorBox], in trace: BatchTrace) { source = .lanes(lanes, trace) }

  /// A stream of a recording.
  init(_ stream: RecordedStream) { source = .recorded(stream) }

  /// The state of the stream, for saving and comparing; the first lane's under vmap.
  var generator: Generator {
    get {
      switch source {
      case .stream(let generator): generator
      case .lanes(let lanes, _): lanes[0].generator
      case .recorded: Generator(seed: 0)
      }
    }
    set { source = .stream(newValue) }
  }

  /// Whether it has one stream a lane of a running vmap.
  var isMapped: Bool { if case .lanes = source { true } else { false } }

  /// A draw: `body` is applied to every stream.
  func draw(_ body: @escaping HostDraws.Body) throws(TensorError) -> Tensor {
    switch source {
    case .stream(var generator):
      try expectOwn()
      defer { source = .stream(generator) }
      return Tensor(try body(&generator))
    case .lanes(let lanes, let trace):
      var rows: [Tensor] = []
      for lane in lanes { rows.append(try lane.draw(body)) }
      return trace.value(try stack(rows, axis: 0))
    case .recorded(let stream):
      return try stream.draw(body)
    }
  }

  // Throws while a function is recorded that this generator was not made by: its draws would be the same at every call.
  private func expectOwn() throws(TensorError) {
    let engine = Engine.current
    guard engine.isStaging, birth != engine.generation else { return }
    throw .invalid(
      "compile",
      "random numbers of a generator from outside would be drawn once and be the same at every call; pass the generator as an"
        + " argument, draw before the call, or make the generator inside with eb.rng(seed)")
  }

  /// Independent generators; under a mapped generator each has a stream a lane.
  func split(_ count: Int) throws(TensorError) -> [GeneratorBox] {
    switch source {
    case .stream(var generator):
      try expectOwn()
      defer { source = .stream(generator) }
      return generator.split(count).map { GeneratorBox($0) }
    case .lanes(let lanes, let trace):
      var parts: [[GeneratorBox]] = []
      for lane in lanes { parts.append(try lane.split(count)) }
      return (0..<count).map { part in GeneratorBox(lanes: parts.map { $0[part] }, in: trace) }
    case .recorded(let stream):
      return try stream.split(count).map { GeneratorBox($0) }
    }
  }
}
