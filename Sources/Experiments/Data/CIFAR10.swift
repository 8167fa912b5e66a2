import Arrays
import Glibc

/// The CIFAR-10 pictures in their binary form (cs.toronto.edu/~kriz/cifar.html): records of a label and 32 × 32 pixels, all red ones
/// first, then the green, then the blue.
public enum CIFAR10 {
  private static let pixels = 3 * 32 * 32
  // The official files, and one for each set as a smaller one may be.
  private static let official = (train: (1...5).map { "data_batch_\($0).bin" }, test: ["test_batch.bin"])

  /// Both sets: the official `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin`, or one file a set called `train….bin` and
  /// `test….bin`, plain or with the ending .gz.
  /// - Parameters:
  ///   - directory: The folder with the files, or one that holds `cifar10/` or `cifar-10-batches-bin/`; nil looks in `search`.
  ///   - flatten: Whether `x` is `[n, 3072]` instead of `[n, 3, 32, 32]`.
  ///   - limit: The most examples to keep of each set, from its beginning; nil keeps all.
  ///   - search: Folders as `directory`, by default those of `EBBTIDE_DATA`.
  /// - Throws: `DataError`, `.notFound` when no folder has both sets.
  public static func load(
    directory: String? = nil, flatten: Bool = false, limit: Int? = nil, search: [String] = dataDirectories()
  ) throws(DataError) -> (train: Dataset, test: Dataset) {
    let files = try locate(directory.map { [$0] } ?? search)
    return (
      try dataset(files.train, flatten: flatten, limit: limit), try dataset(files.test, flatten: flatten, limit: limit)
    )
  }

  private static func locate(_ places: [String]) throws(DataError) -> (train: [String], test: [String]) {
    let folders = places.flatMap { [$0, "\($0)/cifar10", "\($0)/cifar-10-batches-bin"] }
    for folder in folders {
      func paths(_ names: [String]) -> [String]? {
        let found = names.compactMap { name in ["\(folder)/\(name)", "\(folder)/\(name).gz"].first { fileExists($0) } }
        return found.count == names.count ? found : nil
      }
      if let train = paths(official.train), let test = paths(official.test) { return (train, test) }
      let names = entries(of: folder)
      func single(_ part: String) -> String? {
        names.first { $0.hasPrefix(part) && !$0.hasPrefix(official.test[0]) }.map { "\(folder)/\($0)" }
      }
      if let train = single("train"), let test = single("test") { return ([train], [test]) }
    }
    throw .notFound(
      "data.cifar10", wanted: "data_batch_1.bin to data_batch_5.bin and test_batch.bin, or train….bin and test….bin",
      looked: folders,
      advice: "give the folder as dir = \"…\" or in EBBTIDE_DATA; the files are in cifar-10-binary.tar.gz of"
        + " cs.toronto.edu/~kriz/cifar.html")
  }

  // The binary files of a folder, in the order of their names.
  private static func entries(of folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(".bin") || name.hasSuffix(".bin.gz") { names.append(name) }
    }
    return names.sorted()
  }

  private static func dataset(_ paths: [String], flatten: Bool, limit: Int?) throws(DataError) -> Dataset {
    let most = max(limit ?? .max, 0)
    var records: [UInt8] = []
    for path in paths where records.count / (1 + pixels) < most {
      let wanted = most - records.count / (1 + pixels)
      records += try read(path, atMost: wanted)
    }
    let count = records.count / (1 + pixels)
    let labels = (0..<count).map { Int32(records[$0 * (1 + pixels)]) + 1 }
    let scale = (0...255).map { Float($0) / 255 }
    do {
      let x = try NDArray(shape: flatten ? [count, pixels] : [count, 3, 32, 32], of: Float.self) { target in
        for i in 0..<count {
          let start = i * (1 + pixels) + 1
          for j in 0..<pixels { target[i * pixels + j] = scale[Int(records[start + j])] }
        }
      }
      return Dataset(x: x, y: try NDArray(labels, shape: [count]), classes: 10)
    } catch {
      throw .tensor(error)
    }
  }

  /// The whole records of a file, up to so many.
  static func read(_ path: String, atMost count: Int) throws(DataError) -> [UInt8] {
    func wrong(_ sentence: String) -> DataError { .format("cifar10", path: path, sentence) }
    var source = try source(of: try readFile(path), path: path)
    var records: [UInt8] = []
    var number = 0
    while number < count {
      let record = try source.next(1 + pixels)
      if record.isEmpty { break }
      number += 1
      guard record.count == 1 + pixels else {
        throw wrong("ends within record \(number), expected records of \(1 + pixels) bytes, a label and \(pixels) pixels")
      }
      guard record[0] <= 9 else {
        throw wrong("has the label \(record[0]) in record \(number), expected 0 to 9; is it the binary version of CIFAR-10?")
      }
      records += record
    }
    guard number > 0 || count == 0 else { throw wrong("is empty") }
    return records
  }
}
