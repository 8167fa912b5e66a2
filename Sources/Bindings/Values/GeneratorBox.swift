import Autodiff

/// A generator as Lua holds it: a reference, so that drawing advances the one everybody holds.
///
/// Under vmap over an array of generators the box has one stream a lane; a draw then is a value with lanes.
final class GeneratorBox {
  private var streams: [Generator]
  private let trace: BatchTrace?

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

  /// A draw: `body` is applied to every stream.
  func draw(_ body: (inout Generator) throws(TensorError) -> NDArray) throws(TensorError) -> Tensor {
    guard let trace else { return Tensor(try body(&streams[0])) }
    var rows: [Tensor] = []
    for lane in streams.indices { rows.append(Tensor(try body(&streams[lane]))) }
    return trace.value(try stack(rows, axis: 0))
  }

  /// Independent generators; under a mapped generator each has a stream a lane.
  func split(_ count: Int) -> [GeneratorBox] {
    guard let trace else { return streams[0].split(count).map(GeneratorBox.init) }
    var parts: [[Generator]] = []
    for lane in streams.indices { parts.append(streams[lane].split(count)) }
    return (0..<count).map { part in
      GeneratorBox(lanes: parts.map { GeneratorBox($0[part]) }, in: trace)
    }
  }
}
