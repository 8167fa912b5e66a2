import CZlib
import Glibc

/// Writing files so that a name stands for the old contents or for the new ones and never for a part of them, whatever happens.
enum WholeFile {
  /// Writes a temporary file in the same folder, brings it to the disk, renames it, and brings the folder to the disk. A process that
  /// is killed in the middle leaves the old file, and perhaps a hidden one, `.ebbtide-….tmp`, beside it.
  static func write(_ bytes: [UInt8], to path: String) throws(DataError) {
    let target = try place(of: path)
    let (file, temporary) = try createTemporary(in: split(target).folder, for: path)
    do throws(DataError) {
      defer { close(file) }
      var status = stat()
      if stat(target, &status) == 0 { fchmod(file, status.st_mode & 0o7777) }
      try append(bytes, to: file, path: path)
      guard fsync(file) == 0 else { throw .lastFailure("write", path) }
    } catch {
      unlink(temporary)
      throw error
    }
    try move(temporary, to: target)
  }

  /// Gives a finished file another name, in place of what had it; removes it when that fails.
  static func move(_ temporary: String, to target: String) throws(DataError) {
    guard rename(temporary, target) == 0 else {
      let error = DataError.lastFailure("write", target)
      unlink(temporary)
      throw error
    }
    let directory = open(split(target).folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if directory >= 0 {
      fsync(directory)  // some file systems can't; the rename has happened
      close(directory)
    }
  }

  /// A new, empty file with a name of its own, open for writing.
  static func createTemporary(in folder: String, for path: String) throws(DataError) -> (Int32, String) {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<100 {
      let temporary = "\(folder)/.ebbtide-\(String(random.next(), radix: 36)).tmp"
      let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if file >= 0 { return (file, temporary) }
      guard errno == EEXIST else { break }
    }
    throw .lastFailure("write", path)
  }

  /// Appends all bytes to an open file; `path` is for messages.
  static func append(_ bytes: [UInt8], to file: Int32, path: String) throws(DataError) {
    let error: Int32 = bytes.withUnsafeBytes { buffer in
      var position = 0
      while position < buffer.count {
        let count = Glibc.write(file, buffer.baseAddress! + position, min(buffer.count - position, 1 << 30))
        if count > 0 {
          position += count
        } else if errno != EINTR {
          return errno
        }
      }
      return 0
    }
    guard error == 0 else { throw .system("write", path: path, reason: String(cString: strerror(error))) }
  }

  /// Folder and name of a path.
  static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
    let folder = String(path[..<slash])
    return (folder.isEmpty ? "/" : folder, String(path[path.index(after: slash)...]))
  }

  // A link is followed, so that it stays a link; what is there and no regular file is left alone.
  private static func place(of path: String) throws(DataError) -> String {
    var status = stat()
    guard stat(path, &status) == 0 else { return path }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .system("write", path: path, reason: "it is not a regular file") }
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}

extension DataError {
  /// What the system call that failed just now says about a path.
  static func lastFailure(_ action: String, _ path: String) -> DataError {
    .system(action, path: path, reason: String(cString: strerror(errno)))
  }
}

/// The CRC-32 of gzip, zip and PNG.
func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
  bytes.withUnsafeBufferPointer { UInt32(crc32_z(0, $0.baseAddress, $0.count)) }
}

/// The CRC-32 of gzip, zip and PNG.
func crc32(_ bytes: [UInt8]) -> UInt32 { crc32(bytes[...]) }
