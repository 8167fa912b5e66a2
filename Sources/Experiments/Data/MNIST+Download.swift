import Glibc

extension MNIST {
  /// Where missing files come from, and what they must be.
  public struct Origin: Sendable {
    /// The addresses of folders with the four files, in the order in which they are tried.
    public var mirrors: [String]
    /// The digests of the files by name.
    public var digests: [String: Digest]

    /// An origin of the same files as a set's own, or of others with the same names.
    public init(mirrors: [String], digests: [String: Digest]) {
      self.mirrors = mirrors
      self.digests = digests
    }

    /// The places known for a set. The digests are those that PyTorch's torchvision has.
    public static func known(for kind: Kind) -> Origin {
      let digests: [String]
      let mirrors: [String]
      switch kind {
      case .digits:
        mirrors = ["https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"]
        digests = [
          "f68b3c2dcbeaaa9fbdd348bbdeb94873", "d53e105ee54ea40749a09fcbcd1e9432", "9fb629c4189551a2d022fa330f9573f3",
          "ec29112dd5afa0611ce80d1b7f02629c",
        ]
      case .fashion:
        mirrors = ["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"]
        digests = [
          "8d4fb7e6c68d591d4c3dfef9ec88bf0d", "25c81989df183df01b3e8a0aad5dffbe", "bef4ecab320f06d8554ea6380940ec79",
          "bb300cfdad3c16e7a12a480ee83cd310",
        ]
      }
      return Origin(mirrors: mirrors, digests: Dictionary(uniqueKeysWithValues: zip(names, digests.map(Digest.md5))))
    }
  }

  /// The four files of a set, packed.
  static let names = [
    "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz",
  ]

  /// Fetches the files that are missing or damaged.
  /// - Parameters:
  ///   - directory: the folder to keep them in, or one that holds the set's own folder; nil takes where the set is found, else the first
  ///     folder of `search`.
  /// - Throws: `DataError.download` when no mirror gives a file with its digest; nothing is left of it then.
  public static func fetch(
    _ kind: Kind = .digits, into directory: String? = nil, from origin: Origin? = nil, search: [String] = dataDirectories()
  ) throws(DataError) {
    let origin = origin ?? .known(for: kind)
    let folder: String
    do throws(DataError) {
      folder = try locate(kind, directory, search)
    } catch {
      guard let place = directory ?? search.first.map({ "\($0)/\(kind.folders[0])" }) else { throw error }
      folder = place
    }
    for name in names where !isGood("\(folder)/\(name)") && !isGood("\(folder)/\(name.dropLast(3))") {
      guard let digest = origin.digests[name] else {
        throw .mismatch("data.\(kind)", "no digest is known for '\(name)'; give one: sha256 = { [\"\(name)\"] = \"…\" }")
      }
      try RemoteFile(name: name, digest: digest).download(from: origin.mirrors, to: folder)
    }
  }

  // Whether a file is there and whole; gzip has a checksum of its own.
  private static func isGood(_ path: String) -> Bool { fileExists(path) && (try? IDXFile(path: path)) != nil }
}

/// The folders where data is looked for: those named in the environment variable `EBBTIDE_DATA`, separated by colons, then the one that
/// downloads go to when there are none, `ebbtide` in `XDG_CACHE_HOME` or `~/.cache`.
public func dataDirectories() -> [String] {
  var folders = variable("EBBTIDE_DATA").map { $0.split(separator: ":").map(String.init) } ?? []
  if let cache = variable("XDG_CACHE_HOME") ?? variable("HOME").map({ $0 + "/.cache" }) { folders.append(cache + "/ebbtide") }
  return folders
}

private func variable(_ name: String) -> String? {
  guard let value = getenv(name), value.pointee != 0 else { return nil }
  return String(cString: value)
}
