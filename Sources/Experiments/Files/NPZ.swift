import Arrays

/// A tensor and its name, as files of several tensors hold them.
public struct NamedArray: Sendable {
  /// The name.
  public var name: String
  /// The tensor.
  public var array: NDArray

  /// A tensor with a name.
  public init(_ name: String, _ array: NDArray) {
    self.name = name
    self.array = array
  }
}

/// NumPy's file of several arrays, `.npz`: a zip archive in which the array `x` is the file `x.npy`.
public enum NPZ {
  /// The arrays in a file, in its order. Stored and deflated entries are read.
  /// - Throws: `DataError` when the file can't be read or is damaged, or an array is none that `NPY` reads.
  public static func read(from path: String) throws(DataError) -> [NamedArray] { try decode(try readFile(path), path: path) }

  /// Writes arrays to a file, not packed.
  /// - Throws: `DataError` when the system refuses, or when they are more than 4 GB.
  public static func write(_ arrays: [NamedArray], to path: String) throws(DataError) {
    try WholeFile.write(try encode(arrays), to: path)
  }

  static func encode(_ arrays: [NamedArray]) throws(DataError) -> [UInt8] {
    var entries: [Zip.Entry] = []
    for array in arrays {
      guard !array.name.isEmpty, array.name.utf8.count < 0xff00 else {
        throw .unsuitable("npz", "a name must have from 1 to 65279 bytes, got \(array.name.utf8.count)")
      }
      entries.append(Zip.Entry(name: array.name + ".npy", bytes: try NPY.encode(array.array)))
    }
    return try Zip.encode(entries)
  }

  static func decode(_ bytes: [UInt8], path: String) throws(DataError) -> [NamedArray] {
    var arrays: [NamedArray] = []
    for entry in try Zip.decode(bytes, path: path) {
      guard entry.name.hasSuffix(".npy") else {
        throw .format("npz", path: path, "has the entry '\(entry.name)', expected arrays alone, whose names end in .npy")
      }
      arrays.append(NamedArray(String(entry.name.dropLast(4)), try NPY.decode(entry.bytes, path: "\(path)' entry '\(entry.name)")))
    }
    return arrays
  }
}
