/// Convolution of images, and the sliding windows behind it.

/// How windows slide over an image: rows first, then columns.
public struct Sliding: Hashable, Sendable {
  /// What stands around the image, as zeros.
  public enum Padding: Hashable, Sendable {
    /// So many rows above and below, and columns on either side.
    case sizes(Int, Int)
    /// As much as keeps the size of the image at stride 1; an odd rest goes below and to the right.
    case same
  }

  /// Sizes of a window.
  public let kernel: [Int]
  /// Steps from window to window.
  public let stride: [Int]
  /// Zeros around the image.
  public let padding: Padding
  /// Steps between the elements of a window.
  public let dilation: [Int]

  /// Windows of `kernel` rows and columns; all numbers are positive, paddings may be 0.
  public init(kernel: [Int], stride: [Int] = [1, 1], padding: Padding = .sizes(0, 0), dilation: [Int] = [1, 1]) {
    precondition(kernel.count == 2 && stride.count == 2 && dilation.count == 2)
    (self.kernel, self.stride, self.padding, self.dilation) = (kernel, stride, padding, dilation)
  }

  /// The windows over the planes of `shape`.
  /// - Throws: `TensorError.invalid` when a window is larger than the padded image.
  func windows(over shape: Shape, for operation: String) throws(TensorError) -> Windows {
    guard shape.rank >= 2 else { throw .invalid(operation, "expected images [.., height, width], got \(shape)") }
    var directions: [Windows.Direction] = []
    for d in 0..<2 {
      let size = shape[shape.rank - 2 + d]
      let span = dilation[d] * (kernel[d] - 1) + 1
      let (low, high) =
        switch padding {
        case .sizes(let rows, let columns): d == 0 ? (rows, rows) : (columns, columns)
        case .same: ((span - 1) / 2, span - 1 - (span - 1) / 2)
        }
      guard span <= size + low + high else {
        let what = d == 0 ? "rows" : "columns"
        throw .invalid(
          operation, "the window spans \(span) \(what) and the padded image has \(size + low + high): \(shape) (use padding)")
      }
      directions.append(
        Windows.Direction(size: size, kernel: kernel[d], stride: stride[d], low: low, high: high, dilation: dilation[d]))
    }
    return Windows(rows: directions[0], columns: directions[1])
  }
}

/// y[n, o, u, v] = Σ x[n, c, u·stride + i·dilation − padding, …] w[o, c, i, j]: the cross-correlation that networks call convolution.
///
/// - Parameters:
///   - x: images [n, groups · in, height, width].
///   - weight: [groups · out, in, kernel height, kernel width]; group g of the outputs sees group g of the inputs.
///   - sliding: stride, padding and dilation; its kernel is the weight's.
/// - Throws: `TensorError.invalid` for channels that do not fit, or a kernel larger than the padded image.
public func convolution(_ x: Tensor, _ weight: Tensor, _ sliding: Sliding, groups: Int = 1) throws(TensorError) -> Tensor {
  let name = "conv2d"
  guard x.rank == 4 else { throw .invalid(name, "expected images [batch, channels, height, width], got \(x.shape)") }
  guard weight.rank == 4, weight.shape.suffix(2).elementsEqual(sliding.kernel) else {
    throw .invalid(name, "expected a weight [out, in / groups, \(sliding.kernel[0]), \(sliding.kernel[1])], got \(weight.shape)")
  }
  let dtype = try x.floating().dtype.promoted(with: weight.floating().dtype)
  let geometry = ConvolutionGeometry(try sliding.windows(over: x.shape, for: name), groups: groups)
  return try bind(Convolution(face: .output, geometry: geometry), x.cast(to: dtype), weight.cast(to: dtype))
}

/// The elements of all windows of every plane: [.., height, width] to [.., kernel height · kernel width, rows · columns], where rows and
/// columns count the windows. Padding reads 0. Linear; its adjoint adds every element back to where it came from.
public func unfold(_ x: Tensor, _ sliding: Sliding) throws(TensorError) -> Tensor {
  let planes = try x.floating()
  return try bind(Unfold(windows: sliding.windows(over: planes.shape, for: "unfold")), planes)
}

/// The adjoint of `unfold`: [.., kernel height · kernel width, rows · columns] to planes [.., height, width], in which every element is
/// the sum of its places in the windows.
public func fold(_ patches: Tensor, _ sliding: Sliding, height: Int, width: Int) throws(TensorError) -> Tensor {
  let planes = try Shape.checked(patches.shape.dropLast(2) + [height, width], operation: "fold")
  return try bind(Fold(windows: sliding.windows(over: planes, for: "fold")), patches.floating())
}

/// The largest element of every window of planes [.., height, width], [.., rows, columns]. Padding never wins; of equal elements the first
/// has the whole derivative; NaN wins over all.
/// - Throws: `TensorError.invalid` when a window is larger than the padded image, or padding as large as the window.
public func maxPool(_ x: Tensor, _ sliding: Sliding) throws(TensorError) -> Tensor {
  let planes = try x.floating()
  return try bind(WindowMaximum(windows: sliding.poolingWindows(over: planes.shape, for: "maxpool2d")), [planes])[0]
}

/// The mean of every window of planes [.., height, width], [.., rows, columns]; padding counts as zeros.
/// - Throws: `TensorError.invalid` when a window is larger than the padded image, or padding as large as the window.
public func averagePool(_ x: Tensor, _ sliding: Sliding) throws(TensorError) -> Tensor {
  let planes = try x.floating()
  let sums = try bind(WindowSum(windows: sliding.poolingWindows(over: planes.shape, for: "avgpool2d")), planes)
  return try sums / Double(sliding.kernel[0] * sliding.kernel[1])
}

extension Sliding {
  // Windows of which each has an element inside the plane.
  fileprivate func poolingWindows(over shape: Shape, for operation: String) throws(TensorError) -> Windows {
    let windows = try windows(over: shape, for: operation)
    for direction in [windows.rows, windows.columns] {
      guard max(direction.low, direction.high) < direction.kernel, direction.dilation == 1, direction.size > 0 else {
        throw .invalid(
          operation,
          "padding \(max(direction.low, direction.high)) must be smaller than the window, which has \(kernel), in \(shape)")
      }
    }
    return windows
  }
}
