import Arrays
import CResources

/// The MNIST handwritten digits, and Fashion-MNIST, which has the same form: the full sets from a folder, or the balanced sample of
/// digits inside the program.
public enum MNIST {
  /// The sets with the same four files.
  public enum Kind: Sendable, CustomStringConvertible {
    /// Handwritten digits.
    case digits
    /// Articles of clothing.
    case fashion

    /// The name of its loader.
    public var description: String { self == .digits ? "mnist" : "fashion_mnist" }

    // The folders it is looked for in, the first one that downloads make.
    var folders: [String] { self == .digits ? ["mnist"] : ["fashion_mnist", "fashion-mnist"] }
  }

  /// The sets of the database: the beginning of their file names.
  private enum Part: String { case train, test = "t10k" }

  private static func images(_ part: Part) -> String { "\(part.rawValue)-images-idx3-ubyte" }
  private static func labels(_ part: Part) -> String { "\(part.rawValue)-labels-idx1-ubyte" }

  /// Both sets from the four IDX files, plain or with the ending .gz.
  /// - Parameters:
  ///   - kind: Digits or clothing.
  ///   - directory: The folder with the files, or one that holds `mnist/` or `fashion_mnist/`; nil looks in `search`.
  ///   - flatten: Whether `x` is `[n, 784]` instead of `[n, 28, 28]`.
  ///   - limit: The most examples to keep of each set, from its beginning; nil keeps all.
  ///   - search: Folders that hold `mnist/` or `fashion_mnist/`, or the files of the digits; by default `dataDirectories`.
  /// - Throws: `DataError`, `.notFound` when no folder has the training images.
  public static func load(
    _ kind: Kind = .digits, directory: String? = nil, flatten: Bool = true, limit: Int? = nil, search: [String] = dataDirectories()
  ) throws(DataError) -> (train: Dataset, test: Dataset) {
    let folder = try locate(kind, directory, search)
    func read(_ name: String) throws(DataError) -> IDXFile {
      let packed = "\(folder)/\(name).gz"
      return try IDXFile(path: fileExists(packed) ? packed : "\(folder)/\(name)")
    }
    return (
      try dataset(kind, try read(images(.train)), try read(labels(.train)), flatten: flatten, limit: limit),
      try dataset(kind, try read(images(.test)), try read(labels(.test)), flatten: flatten, limit: limit)
    )
  }

  /// The sample inside the program: 200 training and 100 test images of each digit. Parameters as for `load`.
  /// - Throws: `DataError.tensor` when memory is short.
  public static func sample(flatten: Bool = true, limit: Int? = nil) throws(DataError) -> (train: Dataset, test: Dataset) {
    func read(_ name: String) throws(DataError) -> IDXFile {
      let resource = ebb_resource_named("mnist/\(name).gz")
      return try IDXFile(bytes: [UInt8](UnsafeBufferPointer(start: resource.bytes, count: resource.size)), path: "mnist/\(name).gz")
    }
    return (
      try dataset(.digits, try read(images(.train)), try read(labels(.train)), flatten: flatten, limit: limit),
      try dataset(.digits, try read(images(.test)), try read(labels(.test)), flatten: flatten, limit: limit)
    )
  }

  /// The folder that has the training images. The files of both sets have the same names, so that only those of the digits are looked
  /// for where the user didn't say that they are the right ones.
  static func locate(_ kind: Kind, _ directory: String?, _ search: [String]) throws(DataError) -> String {
    let name = images(.train)
    let folders = (directory.map { [$0] } ?? search).flatMap { place in
      (directory != nil || kind == .digits ? [place] : []) + kind.folders.map { "\(place)/\($0)" }
    }
    for folder in folders where fileExists("\(folder)/\(name).gz") || fileExists("\(folder)/\(name)") { return folder }
    throw .notFound(
      "data.\(kind)", wanted: "\(name).gz", looked: folders,
      advice: "give the folder as dir = \"…\" or in EBBTIDE_DATA, let download = true fetch it"
        + (kind == .digits ? ", or use the sample inside the program: eb.data.mnist_sample()" : ""))
  }

  private static func dataset(
    _ kind: Kind, _ images: IDXFile, _ labels: IDXFile, flatten: Bool, limit: Int?
  ) throws(DataError) -> Dataset {
    guard images.element == .uint8, images.sizes.count == 3, labels.element == .uint8, labels.sizes.count == 1 else {
      let got = "\(images.described) and \(labels.described)"
      throw .mismatch("data.\(kind)", "expected uint8 images [n, rows, columns] and uint8 labels [n], got \(got)")
    }
    guard images.sizes[0] == labels.sizes[0] else {
      throw .mismatch("data.\(kind)", "\(images.sizes[0]) images but \(labels.sizes[0]) labels; are the files from one set?")
    }
    if let index = labels.bytes.firstIndex(where: { $0 > 9 }) {
      throw .mismatch("data.\(kind)", "label \(index + 1) is \(labels.bytes[index]), expected 0 to 9")
    }
    let count = min(images.sizes[0], max(limit ?? .max, 0))
    let (rows, columns) = (images.sizes[1], images.sizes[2])
    let scale = (0...255).map { Float($0) / 255 }
    do {
      let x = try NDArray(shape: flatten ? [count, rows * columns] : [count, rows, columns], of: Float.self) { target in
        for index in target.indices { target[index] = scale[Int(images.bytes[index])] }
      }
      return Dataset(x: x, y: try NDArray(labels.bytes.prefix(count).map { Int32($0) + 1 }, shape: [count]), classes: 10)
    } catch {
      throw .tensor(error)
    }
  }
}
