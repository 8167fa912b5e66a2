import Arrays
import Testing

@testable import Experiments

@Suite struct MNISTTests {
  @Test func theSampleIsBalancedAndScaled() throws {
    let (train, test) = try MNIST.sample()
    #expect(train.x.shape == [2000, 784])
    #expect(test.x.shape == [1000, 784])
    for (set, perClass) in [(train, 200), (test, 100)] {
      #expect(set.classes == 10)
      #expect(set.count == set.x.shape[0])
      #expect(set.x.dtype == .float32)
      #expect(set.y.dtype == .int32)
      let labels = try set.y.elements(of: Int32.self)
      #expect((1...10).map { label in labels.filter { $0 == label }.count } == Array(repeating: perClass, count: 10))
      let pixels = try set.x.elements(of: Float.self)
      #expect(pixels.min() == 0)
      #expect(pixels.max() == 1)
    }
    // MNIST begins with a five, a zero and a four; its test set with a seven.
    #expect(try train.y.elements(of: Int32.self).prefix(3) == [6, 1, 5])
    #expect(try test.y.elements(of: Int32.self).first == 8)
  }

  @Test func shapeAndLimit() throws {
    let (train, test) = try MNIST.sample(flatten: false, limit: 1500)
    #expect(train.x.shape == [1500, 28, 28])
    #expect(test.x.shape == [1000, 28, 28])
    #expect(try MNIST.sample(limit: 0).train.x.shape == [0, 784])
  }

  /// A folder with a set of `labels.count` images of 1 × 2 pixels.
  private func folder(_ prefix: String, labels: [UInt8], images: Int? = nil, packed: Bool = false) throws -> TemporaryFolder {
    let made = try TemporaryFolder()
    let count = images ?? labels.count
    for part in ["train", "t10k"] {
      let pixels = idx(8, [UInt32(count), 1, 2], (0..<2 * count).map { UInt8($0 * 51) })
      let classes = idx(8, [UInt32(labels.count)], labels)
      let ending = packed ? ".gz" : ""
      _ = try made.write(packed ? gzipped(pixels) : pixels, to: "\(prefix)\(part)-images-idx3-ubyte\(ending)")
      _ = try made.write(packed ? gzipped(classes) : classes, to: "\(prefix)\(part)-labels-idx1-ubyte\(ending)")
    }
    return made
  }

  @Test(arguments: ["", "mnist/"], [false, true])
  func filesAreFoundInTheFolderAndBelow(prefix: String, packed: Bool) throws {
    let data = try folder(prefix, labels: [9, 0], packed: packed)
    for (train, _) in [
      try MNIST.load(directory: data.path), try MNIST.load(search: ["/nowhere", data.path]),
    ] {
      #expect(try train.y.elements(of: Int32.self) == [10, 1])
      #expect(try train.x.elements(of: Float.self) == [0, 0.2, 0.4, 0.6])
    }
  }

  @Test func aMissingSetNamesThePlacesAndTheSample() {
    let error = #expect(throws: DataError.self) { try MNIST.load(search: ["/nowhere"]) }
    #expect(
      error?.message
        == "data.mnist: train-images-idx3-ubyte.gz not found (looked in '/nowhere', '/nowhere/mnist'); "
        + "give the folder as dir = \"…\" or in EBBTIDE_DATA, let download = true fetch it, or use the sample inside the program: "
        + "eb.data.mnist_sample()")
    let bare = #expect(throws: DataError.self) { try MNIST.load(search: []) }
    #expect(bare?.message.hasPrefix("data.mnist: train-images-idx3-ubyte.gz not found; give the folder") == true)
  }

  @Test func filesThatDoNotBelongTogetherAreRefused() throws {
    let counts = try folder("", labels: [1, 2], images: 3)
    let first = #expect(throws: DataError.self) { try MNIST.load(directory: counts.path) }
    #expect(first?.message == "data.mnist: 3 images but 2 labels; are the files from one set?")
    let letters = try folder("", labels: [1, 17])
    let second = #expect(throws: DataError.self) { try MNIST.load(directory: letters.path) }
    #expect(second?.message == "data.mnist: label 2 is 17, expected 0 to 9")
    let swapped = try folder("", labels: [1])
    _ = try swapped.write(idx(8, [1], [1]), to: "train-images-idx3-ubyte")
    let third = #expect(throws: DataError.self) { try MNIST.load(directory: swapped.path) }
    #expect(
      third?.message.hasSuffix("expected uint8 images [n, rows, columns] and uint8 labels [n], got uint8 [1] and uint8 [1]") == true
    )
  }
}
