import Autodiff
import Dynamics
import LuaHost

/// `eb.nn`: the layers. Where a size may differ between rows and columns, a number stands for both, {rows, columns} for each.
extension Library {
  func installLayers(_ models: LuaBoxType<ModelBox>, in module: LuaTable) throws {
    func layer(_ name: String, _ body: @escaping (LuaCall) throws -> any Layer) throws {
      try define(name, in: module) { call in try call.push(ModelBox(body(call), name: name), as: models) }
    }
    for activation in Activation.allCases {
      try layer(activation.rawValue) { call in
        guard call.count == 0 else {
          throw call.error("makes a layer and takes no arguments; apply it as eb.nn.\(call.name)()({}, x)", .argument)
        }
        return activation
      }
    }
    for name in ["softmax", "log_softmax"] {
      try layer(name) { call in
        try call.expect(0...1)
        return Softmax(try call.layerAxis(1) ?? -1, logarithm: name == "log_softmax")
      }
    }
    try layer("flatten") { call in
      try call.expect(0...2)
      return Flatten(first: try call.layerAxis(1) ?? 1, last: try call.layerAxis(2) ?? -1)
    }
    try layer("linear") { [unowned self] call in
      let (inputs, outputs) = (try call.integer(1), try call.integer(2))
      guard inputs > 0, outputs > 0 else { throw call.error("expected positive widths, got \(inputs) and \(outputs)", .argument) }
      _ = try Shape.checked([inputs, outputs], operation: call.name)
      let options = try Options(call, 3, known: ["bias"], self, allNamed: true)
      return Linear(inputs, outputs, bias: try options.bool("bias") ?? true)
    }
    try installImageLayers(layer)
    try installNormalizations(layer)
    try layer("dropout") { call in
      try call.expect(1...1)
      let p = try call.number(1)
      guard (0...1).contains(p) else { throw call.error("expected a probability in 0..1, got \(p)", .argument) }
      return Dropout(p)
    }
    try layer("embedding") { call in
      try call.expect(2...2)
      let (count, width) = (try call.integer(1), try call.integer(2))
      guard count > 0, width > 0 else {
        throw call.error("expected a positive count and width, got \(count) and \(width)", .argument)
      }
      _ = try Shape.checked([count, width], operation: call.name)
      return Embedding(count, width)
    }
    try layer("attention") { [unowned self] call in
      let (width, heads) = (try call.integer(1), try call.integer(2))
      guard heads > 0, width > 0, width % heads == 0 else {
        throw call.error("expected a width that is a multiple of the heads, got \(width) and \(heads)", .argument)
      }
      _ = try Shape.checked([width, width], operation: call.name)
      let options = try Options(call, 3, known: ["causal", "bias"], self, allNamed: true)
      return Attention(width, heads, causal: try options.bool("causal") ?? false, bias: try options.bool("bias") ?? true)
    }
  }

  // MARK: Images

  private func installImageLayers(_ layer: (String, @escaping (LuaCall) throws -> any Layer) throws -> Void) throws {
    try layer("conv2d") { [unowned self] call in
      let (inputs, outputs) = (try call.integer(1), try call.integer(2))
      let kernel = try call.pair(3, "kernel", least: 1)
      let options = try Options(call, 4, known: ["stride", "padding", "dilation", "groups", "bias"], self, allNamed: true)
      let groups = try options.integer("groups") ?? 1
      guard inputs > 0, outputs > 0, groups > 0, inputs % groups == 0, outputs % groups == 0 else {
        throw call.error(
          "expected positive numbers of channels that are multiples of the groups, got \(inputs), \(outputs) and \(groups) "
            + "group\(groups == 1 ? "" : "s")", .argument)
      }
      _ = try Shape.checked([inputs, outputs / groups] + kernel, operation: call.name)
      let stride = try options.pair("stride", least: 1) ?? [1, 1]
      let padding = try options.padding()
      if padding == .same, stride != [1, 1] {
        throw call.error("option 'padding': 'same' keeps the size at stride 1 alone; give numbers for stride \(stride)", .argument)
      }
      let sliding = Sliding(
        kernel: kernel, stride: stride, padding: padding, dilation: try options.pair("dilation", least: 1) ?? [1, 1])
      return Convolution2D(inputs, outputs, sliding, groups: groups, bias: try options.bool("bias") ?? true)
    }
    for kind in [Pooling2D.Kind.largest, .mean] {
      try layer(kind.rawValue) { [unowned self] call in
        let kernel = try call.pair(1, "kernel", least: 1)
        let options = try Options(call, 2, known: ["stride", "padding"], self, allNamed: true)
        let padding = try options.pair("padding", least: 0) ?? [0, 0]
        guard padding[0] < kernel[0], padding[1] < kernel[1] else {
          throw call.error("option 'padding': expected less than the kernel \(kernel), got \(padding)", .argument)
        }
        return Pooling2D(
          kind,
          Sliding(
            kernel: kernel, stride: try options.pair("stride", least: 1) ?? kernel, padding: .sizes(padding[0], padding[1])))
      }
    }
  }

  // MARK: Normalisations

  private func installNormalizations(_ layer: (String, @escaping (LuaCall) throws -> any Layer) throws -> Void) throws {
    func eps(_ options: Options, _ call: LuaCall) throws -> Double {
      let eps = try options.number("eps") ?? 1e-5
      guard eps >= 0 else { throw call.error("option 'eps': expected a number that is not negative, got \(eps)", .argument) }
      return eps
    }
    try layer("batchnorm") { [unowned self] call in
      let features = try call.positive(1, "features")
      let options = try Options(call, 2, known: ["eps", "momentum", "affine"], self, allNamed: true)
      let momentum = try options.number("momentum") ?? 0.1
      guard (0...1).contains(momentum) else {
        throw call.error("option 'momentum': expected a number in 0..1, got \(momentum)", .argument)
      }
      return BatchNorm(features, eps: try eps(options, call), momentum: momentum, affine: try options.bool("affine") ?? true)
    }
    try layer("layernorm") { [unowned self] call in
      let sizes = try call.type(1) == .table ? call.integers(at: 1, "size") : [call.integer(1)]
      guard !sizes.isEmpty, sizes.allSatisfy({ $0 > 0 }) else {
        throw call.error("expected positive sizes, got \(sizes)", .argument)
      }
      let options = try Options(call, 2, known: ["eps", "affine"], self, allNamed: true)
      return LayerNorm(
        try .checked(sizes, operation: call.name), eps: try eps(options, call), affine: try options.bool("affine") ?? true)
    }
    try layer("groupnorm") { [unowned self] call in
      let (groups, channels) = (try call.positive(1, "groups"), try call.positive(2, "channels"))
      guard channels % groups == 0 else {
        throw call.error("expected channels that are a multiple of the groups, got \(channels) and \(groups)", .argument)
      }
      let options = try Options(call, 3, known: ["eps", "affine"], self, allNamed: true)
      return GroupNorm(groups, channels, eps: try eps(options, call), affine: try options.bool("affine") ?? true)
    }
  }
}

extension LuaCall {
  /// A dimension of a layer's input, from 1 or negative from the end, as an axis from 0 or negative from the end; nil if absent.
  fileprivate func layerAxis(_ index: Int) throws -> Int? {
    if isNil(index) { return nil }
    let dimension = try integer(index)
    guard dimension != 0 else { throw error("dimensions count from 1, or from -1 at the end; got 0", .argument) }
    return dimension > 0 ? dimension - 1 : dimension
  }

  /// A whole number that is at least 1.
  fileprivate func positive(_ index: Int, _ what: String) throws -> Int {
    let value = try integer(index)
    guard (1...Int(Int32.max)).contains(value) else {
      throw error("\(what): expected a positive number below 2^31, got \(value)", .argument)
    }
    return value
  }

  /// A number for rows and columns, or a table of both.
  fileprivate func pair(_ index: Int, _ what: String, least: Int) throws -> [Int] {
    guard let pair = try stack.pair(at: index, least: least) else {
      throw error("\(what): expected \(Options.pairs(least)), got \(try stack.describe(at: index))", .argument)
    }
    return pair
  }
}

extension Options {
  fileprivate static func pairs(_ least: Int) -> String { "a whole number from \(least) or a table {rows, columns} of them" }

  /// A number for rows and columns, or a table of both.
  fileprivate func pair(_ name: String, least: Int) throws -> [Int]? {
    try read(name, Options.pairs(least)) { try call.stack.pair(at: $0, least: least) }
  }

  /// Padding as numbers or the word "same"; none unless given.
  fileprivate func padding() throws -> Sliding.Padding {
    try read("padding", "\(Options.pairs(0)), or 'same'") { index -> Sliding.Padding? in
      if call.stack.string(at: index) == "same" { return .same }
      return try call.stack.pair(at: index, least: 0).map { .sizes($0[0], $0[1]) }
    } ?? .sizes(0, 0)
  }
}

extension LuaStack {
  // Two whole numbers from a number or a table at an index; nil for anything else.
  fileprivate func pair(at index: Int, least: Int) throws -> [Int]? {
    if type(at: index) == .number { return integer(at: index).flatMap { (least...Int(Int32.max)).contains($0) ? [$0, $0] : nil } }
    guard type(at: index) == .table, rawLength(at: index) == 2 else { return nil }
    var pair: [Int] = []
    for i in 1...2 {
      try rawGet(i, from: index)
      defer { pop() }
      guard let value = integer(at: -1), (least...Int(Int32.max)).contains(value) else { return nil }
      pair.append(value)
    }
    return pair
  }
}
