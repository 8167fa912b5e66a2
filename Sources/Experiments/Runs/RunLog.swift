import Arrays

/// What a run has written down: named columns, each with the steps at which it has a value, ascending.
///
/// A value is a copy of what there is; the columns are copied when one side writes.
public struct RunLog: Sendable {
  /// One quantity along the steps.
  public struct Column: Sendable {
    /// The steps, ascending.
    public private(set) var steps: [Int] = []
    /// The numbers of all values, one value after another.
    public private(set) var numbers: [Double] = []
    /// The shape of a value; a scalar has none.
    public let shape: Shape

    /// A column of values of a shape.
    public init(shape: Shape) { self.shape = shape }

    /// How many numbers a value has.
    public var width: Int { shape.elementCount }

    /// Makes room.
    public mutating func reserve(_ count: Int) {
      steps.reserveCapacity(steps.count + count)
      numbers.reserveCapacity(numbers.count + count * width)
    }

    /// Writes a value down; one that the step has already is replaced.
    public mutating func set(_ value: [Double], at step: Int) {
      precondition(value.count == width, "a column's values have one shape")
      guard let last = steps.last, last >= step else {
        steps.append(step)
        numbers += value
        return
      }
      let place = position(of: step)
      if steps[place] == step {
        numbers.replaceSubrange(place * width..<(place + 1) * width, with: value)
      } else {
        steps.insert(step, at: place)
        numbers.insert(contentsOf: value, at: place * width)
      }
    }

    /// Writes a number down behind all others.
    public mutating func append(_ number: Double, at step: Int) {
      steps.append(step)
      numbers.append(number)
    }

    /// Forgets what came after a step.
    public mutating func truncate(after step: Int) {
      let place = position(of: step + 1)
      steps.removeSubrange(place...)
      numbers.removeSubrange((place * width)...)
    }

    /// The value at a step, if there is one.
    public func value(at step: Int) -> ArraySlice<Double>? {
      let place = position(of: step)
      guard place < steps.count, steps[place] == step else { return nil }
      return numbers[place * width..<(place + 1) * width]
    }

    // The first place whose step is not before this one.
    private func position(of step: Int) -> Int {
      var (low, high) = (0, steps.count)
      while low < high {
        let middle = (low + high) / 2
        if steps[middle] < step { low = middle + 1 } else { high = middle }
      }
      return low
    }
  }

  private var places: [String: Int] = [:]
  /// The columns in the order in which they came up.
  public private(set) var columns: [(name: String, column: Column)] = []

  /// An empty log.
  public init() {}

  /// A column by its name.
  public subscript(_ name: String) -> Column? { places[name].map { columns[$0].column } }

  /// The place of a column, which is made if it is not there yet; nil if its values have another shape.
  public mutating func place(of name: String, shape: Shape = .scalar) -> Int? {
    if let place = places[name] { return columns[place].column.shape == shape ? place : nil }
    places[name] = columns.count
    columns.append((name, Column(shape: shape)))
    return columns.count - 1
  }

  /// Changes the column at a place.
  public mutating func withColumn<R>(_ place: Int, _ body: (inout Column) -> R) -> R { body(&columns[place].column) }

  /// Forgets what came after a step, and columns that have nothing left.
  public mutating func truncate(after step: Int) {
    for place in columns.indices { columns[place].column.truncate(after: step) }
    columns.removeAll { $0.column.steps.isEmpty }
    places = [:]
    for (place, column) in columns.enumerated() { places[column.name] = place }
  }
}
