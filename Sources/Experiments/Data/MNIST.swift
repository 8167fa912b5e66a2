import Arrays
import CResources
import Glibc

/// The MNIST handwritten digits: the full set from a folder of the user's, or the balanced sample inside the program.
public enum MNIST {
  /// The sets of the database: the beginning of their file names.
  private enum Part: String { case train, test = "t10k" }

  private static func images(_ part: Part) -> String { "\(part.rawValue)-images-idx3-ubyte" }
  private static func labels(_ part: Part) -> String { "\(part.rawValue)-labels-idx1-ubyte" }

  /// Both sets from the four IDX files, plain or with the ending .gz.
  /// - Parameters:
  ///   - directory: The folder with the files, or one that holds `mnist/`; nil looks in `search`.
  ///   - flatten: Whether `x` is `[n, 784]` instead of `[n, 28, 28]`.
  ///   - limit: The most examples to keep of each set, from its beginning; nil keeps all.
  ///   - search: Folders that hold the files or `mnist/`, by default those of `EBBTIDE_DATA`.
  /// - Throws: `DataError`, `.notFound` when no folder has the training images.
  public static func load(
    directory: String? = nil, flatten: Bool = true, limit: Int? = nil, search: [String] = dataDirectories()
  ) throws(DataError) -> (train: Dataset, test: Dataset) {
    let folder = try locate(directory.map { [$0] } ?? search)
    func read(_ name: String) throws(DataError) -> IDXFile {
      let packed = "\(folder)/\(name).gz"
      return try IDXFile(path: fileExists(packed) ? packed : "\(folder)/\(name)")
    }
    return (
      try dataset(try read(images(.train)), try read(labels(.train)), flatten: flatten, limit: limit),
      try dataset(try read(images(.test)), try read(labels(.test)), flatten: flatten, limit: limit)
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
      try dataset(try read(images(.train)), try read(labels(.train)), flatten: flatten, limit: limit),
      try dataset(try read(images(.test)), try read(labels(.test)), flatten: flatten, limit: limit)
    )
  }

  private static func locate(_ places: [String]) throws(DataError) -> String {
    let name = images(.train)
    for place in places {
      for folder in [place, "\(place)/mnist"] where fileExists("\(folder)/\(name).gz") || fileExists("\(folder)/\(name)") {
        return folder
      }
    }
    throw .notFound(
      "data.mnist", wanted: "\(name).gz", looked: places.flatMap { [$0, "\($0)/mnist"] },
      advice: "give the folder as dir = \"…\" or in EBBTIDE_DATA, or use the sample inside the program: eb.data.mnist_sample()")
  }

  private static func dataset(
    _ images: IDXFile, _ labels: IDXFile, flatten: Bool, limit: Int?
  ) throws(DataError) -> Dataset {
    guard images.element == .uint8, images.sizes.count == 3, labels.element == .uint8, labels.sizes.count == 1 else {
      let got = "\(images.described) and \(labels.described)"
      throw .mismatch("data.mnist", "expected uint8 images [n, rows, columns] and uint8 labels [n], got \(got)")
    }
    guard images.sizes[0] == labels.sizes[0] else {
      throw .mismatch("data.mnist", "\(images.sizes[0]) images but \(labels.sizes[0]) labels; are the files from one set?")
    }
    if let index = labels.bytes.firstIndex(where: { $0 > 9 }) {
      throw .mismatch("data.mnist", "label \(index + 1) is \(labels.bytes[index]), expected a digit from 0 to 9")
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

/// The folders named in the environment variable `EBBTIDE_DATA`, separated by colons; none when it is not set.
public func dataDirectories() -> [String] {
  guard let value = getenv("EBBTIDE_DATA") else { return [] }
  return String(cString: value).split(separator: ":").map(String.init)
}
