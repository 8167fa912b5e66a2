/// Convolution as one trilinear form, T(x, w, y) = Σ x[n, (g c), position of (i, j) in window (u, v)] w[(g o), c, i, j] y[n, (g o), u, v].
///
/// Its partial derivative in y is the convolution (in the sense of networks: a cross-correlation) of x with w, that in x is what carries
/// cotangents back, that in w the gradient of the weight. Each is bilinear in the two remaining arrays, and every transpose of one is
/// another: the primitive is closed under differentiation.
package struct Convolution: Primitive {
  /// In which array the derivative is taken: the role of the result. The operands are the two others, in the order of the roles.
  package let face: ConvolutionRole
  /// The windows and groups.
  package let geometry: ConvolutionGeometry
  /// `conv2d`.
  package var name: String { "conv2d" }
  /// Of one.
  package var isMadeOfSteps: Bool { true }

  /// The derivative in the array with the role `face`.
  package init(face: ConvolutionRole, geometry: ConvolutionGeometry) {
    self.face = face
    self.geometry = geometry
  }

  private var roles: [ConvolutionRole] { ConvolutionRole.allCases.filter { $0 != face } }

  /// The third array, or which sizes do not fit.
  package func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] {
    let (a, b) = (x[0], x[1])
    guard a.dtype == b.dtype, a.dtype.isFloat else {
      throw .invalid(name, "expected two tensors of one float type, got \(a.dtype) and \(b.dtype)")
    }
    for (role, operand) in zip(roles, x) {
      let sizes = role.sizes(in: geometry.windows)
      guard operand.shape.rank == 4, operand.shape.dropFirst(2).elementsEqual(sizes) else {
        throw .invalid(name, "expected \(role) of four dimensions that end in \(sizes), got \(operand.shape)")
      }
    }
    let groups = geometry.groups
    func fit(_ what: String, _ got: Int, _ expected: Int) throws(TensorError) {
      guard got == expected else { throw .invalid(name, "expected \(expected) \(what), got \(got): \(a.shape) and \(b.shape)") }
    }
    func perGroup(_ channels: Int) throws(TensorError) -> Int {
      guard channels % groups == 0 else { throw .invalid(name, "\(channels) channels do not divide into \(groups) groups") }
      return channels / groups
    }
    var sizes = face.sizes(in: geometry.windows)
    switch face {
    case .output:
      _ = try perGroup(b.shape[0])
      try fit("input channels", a.shape[1], groups * b.shape[1])
      sizes = [a.shape[0], b.shape[0]] + sizes
    case .input:
      _ = try perGroup(a.shape[0])
      try fit("output channels", b.shape[1], a.shape[0])
      sizes = [b.shape[0], groups * a.shape[1]] + sizes
    case .weight:
      _ = try perGroup(b.shape[1])
      try fit("images", b.shape[0], a.shape[0])
      sizes = [b.shape[1], try perGroup(a.shape[1])] + sizes
    }
    return [Spec(try .checked(sizes, operation: name), a.dtype)]
  }

  /// The third array.
  package func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] { [try .convolution(face, x[0], x[1], geometry)] }

  /// Linear in each operand.
  package func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    let left = try dx[0].map { (da) throws(TensorError) in try bind(self, da, x[1]) }
    let right = try dx[1].map { (db) throws(TensorError) in try bind(self, x[0], db) }
    guard let left, let right else { return [left ?? right] }
    return [try left + right]
  }

  /// The cotangent stands in the role of the face, the known operand in its own; what is unknown is the face of the transpose.
  package func transpose(_ ct: [Tensor?], _ x: [LinearOperand]) throws(TensorError) -> [Tensor?] {
    guard let ct = ct[0] else { return [nil, nil] }
    guard let place = x.firstIndex(where: { $0.known != nil }), let known = x[place].known, x[1 - place].unknown != nil else {
      throw .noRule(name, "is linear in one operand at a time")
    }
    let transposed = Convolution(face: roles[1 - place], geometry: geometry)
    let cotangent = try face.rawValue < roles[place].rawValue ? bind(transposed, ct, known) : bind(transposed, known, ct)
    return place == 0 ? [nil, cotangent] : [cotangent, nil]
  }

  /// Lanes of one operand join the index that this operand shares with the result alone (the images of x and y, the input channels of
  /// x and w, the output channels of w and y); lanes of both are groups. Nothing is repeated for the operand without lanes.
  package func batch(_ x: [Tensor], _ isBatched: [Bool], lanes: Int) throws(TensorError) -> [Tensor] {
    if lanes == 0 {
      let lane = try outcome(zip(x, isBatched).map { $1 ? Spec($0.shape.removing(0), $0.dtype) : $0.spec })[0]
      return [try .zeros(Spec(lane.shape.inserting(0, at: 0), lane.dtype))]
    }
    let index: ConvolutionIndex
    var lanedGeometry = geometry
    if isBatched[0], isBatched[1] {
      index = .group
      lanedGeometry = ConvolutionGeometry(geometry.windows, groups: lanes * geometry.groups)
    } else {
      index = .shared(by: face, and: roles[isBatched[0] ? 0 : 1])
    }
    var merged: [Tensor] = []
    for place in 0..<2 {
      merged.append(isBatched[place] ? try index.merging(x[place], roles[place], groups: geometry.groups) : x[place])
    }
    let result = try bind(Convolution(face: face, geometry: lanedGeometry), merged[0], merged[1])
    return [try index.splitting(result, face, groups: geometry.groups, lanes: lanes)]
  }
}

/// An index of the trilinear form that lanes can join.
private enum ConvolutionIndex {
  case image, group, inChannel, outChannel

  /// The index that two of the three arrays have and the third has not.
  static func shared(by a: ConvolutionRole, and b: ConvolutionRole) -> ConvolutionIndex {
    switch ConvolutionRole.allCases.first(where: { $0 != a && $0 != b })! {
    case .weight: .image
    case .output: .inChannel
    case .input: .outChannel
    }
  }

  // Where an array [a, b, height, width] in a role has this index, as its axis and how many parts of that axis stand before it: the
  // channels of x and y are (g c) and (g o), the first axis of w is (g o).
  private func place(_ role: ConvolutionRole, groups: Int) -> (axis: Int, before: Int) {
    switch (self, role) {
    case (.image, _): (0, 1)
    case (.group, .weight): (0, 1)
    case (.group, _): (1, 1)
    case (.inChannel, .weight): (1, 1)
    case (.outChannel, .weight): (0, groups)
    case (.inChannel, _), (.outChannel, _): (1, groups)
    }
  }

  /// An array with lanes as axis 0, with the lanes outermost in this index.
  func merging(_ x: Tensor, _ role: ConvolutionRole, groups: Int) throws(TensorError) -> Tensor {
    let (axis, before) = place(role, groups: groups)
    let (lanes, size) = (x.shape[0], x.shape[axis + 1])
    let one = x.shape.removing(0)
    var parts = x
    var target = axis
    if before > 1 {
      parts = try x.reshaped(Shape(x.shape[...axis] + [before, size / before] + x.shape[(axis + 2)...]))
      target = axis + 1
    }
    let merged = try Shape.checked(Array(one.replacing(axis, with: lanes * size)), operation: "conv2d")
    return try parts.movingAxis(0, to: target).reshaped(merged)
  }

  /// The inverse of `merging`.
  func splitting(_ y: Tensor, _ role: ConvolutionRole, groups: Int, lanes: Int) throws(TensorError) -> Tensor {
    let (axis, before) = place(role, groups: groups)
    let size = y.shape[axis] / lanes
    if before > 1 {
      let parts = try y.reshaped(Shape(y.shape[..<axis] + [before, lanes, size / before] + y.shape[(axis + 1)...]))
      return try parts.movingAxis(axis + 1, to: 0).reshaped(y.shape.replacing(axis, with: size).inserting(lanes, at: 0))
    }
    return try y.reshaped(Shape(y.shape[..<axis] + [lanes, size] + y.shape[(axis + 1)...])).movingAxis(axis, to: 0)
  }
}

extension ConvolutionRole: CustomStringConvertible {
  /// What the array is called in messages.
  public var description: String {
    switch self {
    case .input: "images"
    case .weight: "a weight"
    case .output: "windows"
    }
  }

  /// The last two sizes of an array in this role.
  func sizes(in windows: Windows) -> [Int] {
    switch self {
    case .input: windows.plane
    case .weight: windows.kernel
    case .output: windows.counts
    }
  }
}
