import Autodiff

/// A table of vectors: ids 1..count of any shape [..] to [.., width].
public struct Embedding: Layer {
  let count: Int
  let width: Int

  /// `count` vectors of `width` numbers.
  public init(_ count: Int, _ width: Int) { (self.count, self.width) = (count, width) }

  /// `{ weight = [count, width] }`, at the beginning N(0, 1).
  public var structure: ParameterStructure {
    // One row at a time is looked up, so its fan is 1.
    let weight = Parameter(shape: [count, width], role: .weight, fanIn: 1, fanOut: width, standard: .normal)
    return .named([("weight", .parameter(weight))])
  }

  /// [.., width]
  public func callAsFunction(_ parameters: ArraySlice<Tensor>, _ x: Tensor, _ context: inout LayerContext) throws(TensorError)
    -> Tensor
  {
    if let ids = try x.numbersOfAllLanes()?.doubles(),
      let wrong = ids.firstIndex(where: { !($0 >= 1 && $0 <= Double(count) && $0 == $0.rounded()) })
    {
      throw .invalid("embedding", "id \(ids[wrong]) at position \(wrong + 1) is not one of 1..\(count)")
    }
    return try parameters[parameters.startIndex].gathered(x.cast(to: .int32) - .scalar(1, .int32), axis: 0)
  }
}
