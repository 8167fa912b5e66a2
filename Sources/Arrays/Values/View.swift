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
