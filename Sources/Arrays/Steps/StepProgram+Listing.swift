import CKernels

/// A program in words.
extension StepProgram {
  /// A line for each step: what it computes, from where to where, bytes and operations.
  package var listing: [String] {
    descriptions.enumerated().map { position, description in
      var parts = [pad("\(position + 1)", 3, left: true), pad(description.name, 10), description.text]
      if description.bytes > 0 { parts.append("· \(byteString(description.bytes))") }
      if description.flops > 0 { parts.append("· \(description.flops) flops") }
      return parts.joined(separator: " ")
    }
  }

  /// Floating-point operations of one run.
  package var flops: Int { descriptions.reduce(0) { $0 + $1.flops } }

  private func pad(_ text: String, _ width: Int, left: Bool = false) -> String {
    let room = String(repeating: " ", count: max(0, width - text.count))
    return left ? room + text : text + room
  }
}

/// What a step does, for people.
struct StepDescription {
  var name: String
  var text: String
  /// Bytes that it reads and writes.
  var bytes: Int
  var flops: Int

  /// - Parameters:
  ///   - group: the members of a recording that run as one step.
  ///   - place: the name of an address.
  init(_ recorder: StepRecorder, _ group: Fusion.Group, place: (UnsafeRawPointer) -> String) {
    let steps = group.members.map { recorder.steps[$0] }
    let first = steps[0]
    flops = steps.reduce(0) { $0 + $1.flops }
    if let work = recorder.outside[group.members[0]] {
      name = "outside"
      bytes = (work.inputs + work.outputs).reduce(0) { $0 + $1.count * $1.dtype.byteCount }
      text =
        work.outputs.map { place($0.storage.base) }.joined(separator: ", ")
        + " ← " + work.inputs.map { place($0.storage.base) }.joined(separator: ", ")
      return
    }
    var (read, written): ([String], [String]) = ([], [])
    let inside = Set(steps.compactMap { UnsafeRawPointer($0.out.0) })
    bytes = 0
    for step in steps {
      for index in 0..<3 {
        guard let source = step.source(index), !inside.contains(source), !read.contains(place(source)) else { continue }
        read.append(place(source))
      }
    }
    // Of a group, what it makes and does not read itself, at least.
    let used = Set(steps.flatMap { [$0.source(0), $0.source(1), $0.source(2)] })
    for step in steps {
      for target in [step.out.0, step.out.1] {
        if let target, steps.count == 1 || !used.contains(target) { written.append(place(target)) }
      }
    }
    switch first.kernel {
    case .pointwise:
      name = "tiles"
      let codes = steps.map { $0.kernel == .reduce ? "\(Reduction(rawValue: $0.op)!)" : PointwiseCode(rawValue: $0.op)!.name }
      text = "\(written.joined(separator: ", ")) ← \(codes.joined(separator: " ")) (\(read.joined(separator: ", ")))"
      bytes = first.elementCount * Int(first.width) * (read.count + written.count)
    default:
      name = first.kernel.name
      text = "\(written.joined(separator: ", ")) ← \(read.joined(separator: ", "))"
      if first.kernel == .matmul {
        let product = first.product
        text += " [\(product.m) × \(product.k) × \(product.n)\(product.batch > 1 ? ", \(product.batch) times" : "")]"
      }
    }
  }
}

extension ebb_kernel {
  fileprivate var name: String {
    switch self {
    case .pointwise, .tiles: "tiles"
    case .cast: "cast"
    case .copy: "copy"
    case .fill: "fill"
    case .iota: "iota"
    case .reduce: "reduce"
    case .arg_reduce: "arg_reduce"
    case .scan: "scan"
    case .gather: "gather"
    case .scatter_add: "scatter_add"
    case .check_index: "check_index"
    case .sort: "sort"
    case .matmul: "matmul"
    case .take_along: "take_along"
    case .add_along: "add_along"
    case .unfold: "unfold"
    case .fold: "fold"
    case .window_sums: "window_sums"
    case .window_spread: "window_spread"
    case .window_maxima: "window_maxima"
    case .convolve: "convolve"
    case .outside: "outside"
    }
  }
}

extension ebb_step {
  /// Floating-point operations: one an element, two for each multiplication and addition of a product.
  var flops: Int {
    switch kernel {
    case .pointwise: elementCount
    case .matmul: 2 * Int(product.m * product.n * product.k) * max(1, Int(product.batch))
    case .reduce: Int(sizes.0 * sizes.1 * sizes.2)
    case .convolve:
      2 * Int(convolution.images * convolution.groups * convolution.in * convolution.out)
        * Int(
          convolution.windows.kernel.0 * convolution.windows.kernel.1 * convolution.windows.count.0 * convolution.windows.count.1)
    default: 0
    }
  }
}
