import Testing

@testable import Arrays

/// The three faces of convolution, and its windows, against sums over indices as the definition has them.
@Suite struct ConvolutionTests {
  /// All small geometries: sizes of the plane and the kernel, strides, paddings (also uneven ones) and dilations.
  static let windows: [Windows] = {
    var all: [Windows] = []
    for (size, kernel) in [(4, 3), (5, 2), (3, 1), (1, 1), (7, 3)] {
      for stride in 1...3 {
        for (low, high) in [(0, 0), (1, 1), (0, 2), (2, 1), (4, 3)] {
          for dilation in 1...3 {
            let rows = Windows.Direction(size: size, kernel: kernel, stride: stride, low: low, high: high, dilation: dilation)
            // The columns differ from the rows, so that none of their numbers can stand for the other's.
            let columns = Windows.Direction(
              size: size + 1, kernel: 4 - kernel, stride: 4 - stride, low: high, high: low, dilation: 1 + dilation % 2)
            if rows.count > 0, columns.count > 0 { all.append(Windows(rows: rows, columns: columns)) }
          }
        }
      }
    }
    return all
  }()

  /// Every term of the trilinear form: indices of x, w and y.
  private func terms(_ windows: Windows, images: Int, groups: Int, input: Int, output: Int) -> [(x: [Int], w: [Int], y: [Int])] {
    var terms: [(x: [Int], w: [Int], y: [Int])] = []
    let (rows, columns) = (windows.rows, windows.columns)
    for index in Naive.indices([images, groups, input, output] + windows.kernel + windows.counts) {
      let (n, g, c, o) = (index[0], index[1], index[2], index[3])
      let row = index[6] * rows.stride + index[4] * rows.dilation - rows.low
      let column = index[7] * columns.stride + index[5] * columns.dilation - columns.low
      guard (0..<rows.size).contains(row), (0..<columns.size).contains(column) else { continue }
      terms.append(
        ([n, g * input + c, row, column], [g * output + o, c, index[4], index[5]], [n, g * output + o, index[6], index[7]]))
    }
    return terms
  }

  @Test(arguments: [(2, 1, 2, 3), (1, 2, 1, 2), (3, 3, 2, 1)], [DType.float32, .float64])
  func facesAreSumsOverIndices(_ sizes: (images: Int, groups: Int, input: Int, output: Int), _ dtype: DType) throws {
    #expect(Self.windows.count > 100)
    let (images, groups, input, output) = sizes
    for windows in Self.windows {
      // Small whole numbers: every sum is exact in both types.
      func whole(_ shape: [Int], _ seed: Int) -> Naive {
        Naive(shape) { index in Double(index.reduce(seed) { $0 &* 31 &+ $1 &* 7 + 3 } % 11 - 5) }
      }
      let x = whole([images, groups * input] + windows.plane, 1)
      let w = whole([groups * output, input] + windows.kernel, 2)
      let y = whole([images, groups * output] + windows.counts, 3)
      var (dx, dw, dy) = (Naive(x.shape) { _ in 0 }, Naive(w.shape) { _ in 0 }, Naive(y.shape) { _ in 0 })
      for term in terms(windows, images: images, groups: groups, input: input, output: output) {
        dx[term.x] += w[term.w] * y[term.y]
        dw[term.w] += x[term.x] * y[term.y]
        dy[term.y] += x[term.x] * w[term.w]
      }
      let geometry = ConvolutionGeometry(windows, groups: groups)
      func array(_ naive: Naive) throws -> NDArray { try NDArray(naive.values, shape: Shape(naive.shape)).cast(to: dtype) }
      #expect(try Naive(.convolution(.output, array(x), array(w), geometry)) == dy, "\(windows)")
      #expect(try Naive(.convolution(.input, array(w), array(y), geometry)) == dx, "\(windows)")
      #expect(try Naive(.convolution(.weight, array(x), array(y), geometry)) == dw, "\(windows)")
    }
  }

  @Test(arguments: [DType.float32, .float64]) func unfoldingAndFolding(dtype: DType) throws {
    for windows in Self.windows {
      let x = Naive(counting: [2] + windows.plane)
      let patches = [2, windows.kernel[0] * windows.kernel[1], windows.counts[0] * windows.counts[1]]
      let y = Naive(counting: patches)
      var (unfolded, folded) = (Naive(patches) { _ in 0 }, Naive(x.shape) { _ in 0 })
      for term in terms(windows, images: 2, groups: 1, input: 1, output: 1) {
        let place = [term.x[0], term.w[2] * windows.kernel[1] + term.w[3], term.y[2] * windows.counts[1] + term.y[3]]
        unfolded[place] = x[[term.x[0], term.x[2], term.x[3]]]
        folded[[term.x[0], term.x[2], term.x[3]]] += y[place]
      }
      func array(_ naive: Naive) throws -> NDArray { try NDArray(naive.values, shape: Shape(naive.shape)).cast(to: dtype) }
      #expect(try Naive(array(x).unfolded(windows)) == unfolded, "\(windows)")
      #expect(try Naive(array(y).folded(windows)) == folded, "\(windows)")
    }
  }

  @Test(arguments: [DType.float32, .float64]) func windowSumsAndTheirAdjoint(dtype: DType) throws {
    for windows in Self.windows {
      let x = Naive(counting: [2] + windows.plane)
      let y = Naive(counting: [2] + windows.counts)
      var (sums, spread) = (Naive(y.shape) { _ in 0 }, Naive(x.shape) { _ in 0 })
      for term in terms(windows, images: 2, groups: 1, input: 1, output: 1) {
        let (from, to) = ([term.x[0], term.x[2], term.x[3]], [term.y[0], term.y[2], term.y[3]])
        sums[to] += x[from]
        spread[from] += y[to]
      }
      #expect(try Naive(NDArray(x.values, shape: Shape(x.shape)).cast(to: dtype).windowSums(windows)) == sums, "\(windows)")
      #expect(try Naive(NDArray(y.values, shape: Shape(y.shape)).cast(to: dtype).windowSpread(windows)) == spread, "\(windows)")
    }
  }

  /// With ties, infinities and NaN: the first of the largest, and NaN over all.
  @Test(arguments: [DType.float32, .float64]) func windowMaxima(dtype: DType) throws {
    let values: [Double] = [0, 2, -.infinity, 1, 2, .nan, -3, 0, .infinity, 1, 1, -1, .nan, 0]
    for windows in Self.windows where windows.rows.dilation == 1 && windows.columns.dilation == 1 || windows.kernel == [1, 1] {
      guard windows.rows.low < windows.rows.kernel, windows.rows.high < windows.rows.kernel,
        windows.columns.low < windows.columns.kernel, windows.columns.high < windows.columns.kernel
      else { continue }
      for (spread, count) in [(values, 5), (values, 14), ([-Double.infinity], 1)] {
        let x = Naive([2] + windows.plane) { index in spread[index.reduce(0) { $0 * 5 + $1 } % count] }
        let y = Naive([2] + windows.counts) { _ in 0 }
        var (best, places) = (y, Naive(y.shape) { _ in -1 })
        for term in terms(windows, images: 2, groups: 1, input: 1, output: 1) {
          let (from, to) = ([term.x[0], term.x[2], term.x[3]], [term.y[0], term.y[2], term.y[3]])
          let value = x[from]
          if places[to] < 0 || value > best[to] || (value.isNaN && !best[to].isNaN) {
            best[to] = value
            places[to] = Double(from[1] * windows.columns.size + from[2])
          }
        }
        let found = try NDArray(x.values, shape: Shape(x.shape)).cast(to: dtype).windowMaxima(windows)
        #expect(try Naive(found.positions) == places, "\(windows)")
        let same = try zip(found.values.doubles(), best.values).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN }
        #expect(same, "\(windows)")
      }
    }
  }

  /// Images so large that their windows are taken in several blocks, against the products with all patches at once. Whole numbers: every
  /// sum is exact.
  @Test(arguments: [(1, 128), (2, 257)]) func largeImages(stride: Int, size: Int) throws {
    var generator = Generator(seed: 3)
    let rows = Windows.Direction(size: size, kernel: 3, stride: stride, low: 1, high: 1, dilation: 2)
    let windows = Windows(rows: rows, columns: Windows.Direction(size: size - 5, kernel: 3, stride: stride, low: 2))
    let (places, kernel) = (windows.counts[0] * windows.counts[1], 9)
    func whole(_ shape: Shape) throws -> NDArray { try generator.integers(shape, in: -4...4).cast(to: .float64) }
    let x = try whole(Shape([2, 4] + windows.plane))
    let (w, y) = (try whole([7, 4, 3, 3]), try whole(Shape([2, 7] + windows.counts)))
    let patches = try x.unfolded(windows).reshaped([2, 4 * kernel, places])
    let wide = try w.reshaped([1, 7, 4 * kernel]).broadcast(to: [2, 7, 4 * kernel])
    let flat = try y.reshaped([2, 7, places])
    let geometry = ConvolutionGeometry(windows)
    let output = try NDArray.matrixProduct(wide, patches).reshaped(y.shape)
    let input = try NDArray.matrixProduct(wide.permuted([0, 2, 1]), flat).reshaped([2, 4, kernel, places]).folded(windows)
    let weight = try NDArray.matrixProduct(flat, patches.permuted([0, 2, 1])).reduced(.sum, over: [0]).reshaped(w.shape)
    #expect(try NDArray.convolution(.output, x, w, geometry).bytes() == output.bytes())
    #expect(try NDArray.convolution(.input, w, y, geometry).bytes() == input.bytes())
    #expect(try NDArray.convolution(.weight, x, y, geometry).bytes() == weight.bytes())
  }

  /// Large enough for threads, with sums that round: the bits do not depend on how many there are.
  @Test(arguments: [1, 5]) func bitsDoNotDependOnThreads(groups: Int) throws {
    var generator = Generator(seed: 1)
    let direction = Windows.Direction(size: 17, kernel: 3, low: 1, high: 1)
    let geometry = ConvolutionGeometry(Windows(rows: direction, columns: direction), groups: groups)
    let x = try generator.normal([37, 4 * groups, 17, 17], .float32)
    let w = try generator.normal([6 * groups, 4, 3, 3], .float32)
    let y = try generator.normal([37, 6 * groups, 17, 17], .float32)
    func bytes(threads: Int) throws -> [[UInt8]] {
      try Engine(threads: threads).run { () throws(any Error) in
        try [
          NDArray.convolution(.output, x, w, geometry).bytes(), NDArray.convolution(.input, w, y, geometry).bytes(),
          NDArray.convolution(.weight, x, y, geometry).bytes(), x.unfolded(geometry.windows).bytes(),
          x.unfolded(geometry.windows).folded(geometry.windows).bytes(), x.windowMaxima(geometry.windows).positions.bytes(),
          x.windowSums(geometry.windows).bytes(), y.windowSpread(geometry.windows).bytes(),
        ]
      }
    }
    let alone = try bytes(threads: 1)
    for threads in [2, 3, 7] { #expect(try bytes(threads: threads) == alone) }
  }

  @Test func aRaisedFlagStopsConvolution() throws {
    let flag = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    flag.initialize(to: 1)
    defer { flag.deallocate() }
    let direction = Windows.Direction(size: 64, kernel: 3)
    let geometry = ConvolutionGeometry(Windows(rows: direction, columns: direction))
    let (x, w) = (try NDArray.full([64, 4, 64, 64], 1, .float32), try NDArray.full([8, 4, 3, 3], 1, .float32))
    let error = #expect(throws: TensorError.self) {
      try Engine(interrupt: UnsafePointer(flag)).run { () throws(any Error) in try NDArray.convolution(.output, x, w, geometry) }
    }
    #expect(error?.message == "interrupted")
  }
}
