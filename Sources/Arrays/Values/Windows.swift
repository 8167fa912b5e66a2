/// Windows that slide over the last two dimensions of an array: element (i, j) of window (u, v) is the element of the plane at row
/// u·stride + i·dilation − low, column likewise. What lies outside the plane is padding.
public struct Windows: Hashable, Sendable {
  /// What a window has along each of the two directions, rows first.
  public struct Direction: Hashable, Sendable {
    /// Elements of the plane.
    public let size: Int
    /// Elements of a window.
    public let kernel: Int
    /// Steps from one window to the next.
    public let stride: Int
    /// Padding before the first element.
    public let low: Int
    /// Padding after the last element.
    public let high: Int
    /// Steps from one element of a window to the next.
    public let dilation: Int

    /// How many windows lie inside the padded plane.
    public var count: Int {
      let reach = size + low + high - dilation * (kernel - 1) - 1
      return reach < 0 ? 0 : reach / stride + 1
    }

    /// One direction; everything but size and kernel has the usual default.
    public init(size: Int, kernel: Int, stride: Int = 1, low: Int = 0, high: Int = 0, dilation: Int = 1) {
      precondition(size >= 0 && kernel > 0 && stride > 0 && low >= 0 && high >= 0 && dilation > 0)
      (self.size, self.kernel, self.stride, self.low, self.high, self.dilation) = (size, kernel, stride, low, high, dilation)
    }
  }

  /// From row to row.
  public let rows: Direction
  /// From column to column.
  public let columns: Direction

  /// Windows with these two directions.
  public init(rows: Direction, columns: Direction) {
    self.rows = rows
    self.columns = columns
  }

  /// The plane's sizes.
  public var plane: [Int] { [rows.size, columns.size] }
  /// A window's sizes.
  public var kernel: [Int] { [rows.kernel, columns.kernel] }
  /// How many windows there are along rows and columns.
  public var counts: [Int] { [rows.count, columns.count] }
}

/// The shape of a convolution: its windows, and in how many groups the channels fall.
public struct ConvolutionGeometry: Hashable, Sendable {
  /// The windows over the images.
  public let windows: Windows
  /// The groups; channels of one see no others.
  public let groups: Int

  /// Windows over images whose channels fall in `groups` groups.
  public init(_ windows: Windows, groups: Int = 1) {
    self.windows = windows
    self.groups = groups
  }
}

/// The three arrays that a convolution ties together, in the trilinear form
/// T(x, w, y) = Σ x[n, (g c), position of (i, j) in window (u, v)] w[(g o), c, i, j] y[n, (g o), u, v].
public enum ConvolutionRole: Int, Hashable, Sendable, CaseIterable {
  /// x: images [n, groups · in, height, width].
  case input
  /// w: weights [groups · out, in, kernel height, kernel width].
  case weight
  /// y: windows [n, groups · out, rows, columns].
  case output
}
