/// Where the elements of an array lie in its storage when they do not simply follow each other: an offset and one stride a
/// dimension, in elements. A contiguous array has no view.
final class View: Sendable {
  let offset: Int
  let strides: [Int]

  init(offset: Int, strides: [Int]) {
    self.offset = offset
    self.strides = strides
  }
}

extension NDArray {
  /// Where the elements lie in the storage: equal for two arrays over one storage that show the same elements.
  package struct Placement: Hashable, Sendable {
    let offset: Int
    let strides: [Int]
  }

  /// This array's place in its storage.
  package var placement: Placement { Placement(offset: view?.offset ?? 0, strides: strides) }

  /// The strides of a view, nil for a packed array.
  public var viewStrides: [Int]? { view?.strides }
}
