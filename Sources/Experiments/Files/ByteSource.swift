import Glibc

/// Bytes that are taken from the front, so that a reader asks for what a header promises and never unpacks more than that.
protocol ByteSource {
  /// The next `count` bytes, fewer only at the end.
  mutating func next(_ count: Int) throws(DataError) -> [UInt8]
}

/// Bytes that are already in memory.
struct PlainBytes: ByteSource {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  mutating func next(_ count: Int) -> [UInt8] {
    defer { rest = rest.dropFirst(count) }
    return [UInt8](rest.prefix(count))
  }
}

/// The contents of `bytes`, unpacked on the way if they are gzip; `path` is for messages.
func source(of bytes: [UInt8], path: String) throws(DataError) -> any ByteSource {
  bytes.starts(with: [0x1f, 0x8b]) ? try InflatedBytes(bytes, path: path) : PlainBytes(bytes)
}

/// The whole of a regular file of at most `limit` bytes.
func readFile(_ path: String, limit: Int = 1 << 34) throws(DataError) -> [UInt8] {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { throw .system("open", path: path, reason: String(cString: strerror(errno))) }
  defer { close(file) }
  var status = stat()
  guard fstat(file, &status) == 0 else { throw .system("read", path: path, reason: String(cString: strerror(errno))) }
  guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile(path: path) }
  guard status.st_size <= limit else { throw .tooLarge(path: path, limit: limit) }

  var failure: Int32 = 0
  let bytes = [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, count in
    while count < buffer.count {
      let got = read(file, buffer.baseAddress! + count, buffer.count - count)
      if got > 0 {
        count += got
      } else if got == 0 {
        return  // the file became shorter meanwhile; the reader of its format will notice
      } else if errno != EINTR {
        failure = errno
        return
      }
    }
  }
  guard failure == 0 else { throw .system("read", path: path, reason: String(cString: strerror(failure))) }
  return bytes
}

/// Whether a regular file stands at this path.
func fileExists(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
}
