import Arrays
import Glibc

/// Another program that does one thing for this one and ends: curl, gnuplot.
///
/// No shell comes between. What it reads and writes are files without names, so that neither side ever waits for the other, however
/// much there is and whoever ends first.
struct ChildProcess {
  /// How a program ended and what it wrote.
  struct Outcome {
    /// What it gave to `exit`, or 128 plus the number of the signal that ended it, as shells have it.
    var status: Int32
    var output: [UInt8]
    /// What it wrote to standard error, as one line.
    var complaints: String
  }

  /// The name of the program, which is looked for in PATH, and its arguments.
  var words: [String]
  /// What it reads from standard input.
  var input: [UInt8] = []
  /// What to do when the program is not there.
  var advice: String

  /// Runs the program to its end. When the user interrupts, it is killed with whatever it started: it is in a process group of its own,
  /// so that Ctrl-C at the terminal reaches this program alone, and nobody takes the end of the other for a failure.
  func run() throws(DataError) -> Outcome {
    var files: [Int32] = []
    defer { for file in files { close(file) } }
    for _ in 0..<3 { files.append(try unnamedFile()) }
    try WholeFile.append(input, to: files[0], path: words[0])
    lseek(files[0], 0, SEEK_SET)

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, file) in files.enumerated() { posix_spawn_file_actions_adddup2(&actions, file, Int32(number)) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for word in arguments { free(word) } }
    var child: pid_t = 0
    let refusal = posix_spawnp(&child, words[0], &actions, &attributes, &arguments, environ)
    guard refusal == 0 else {
      let reason = refusal == ENOENT ? "there is no program \(words[0]) in PATH; \(advice)" : String(cString: strerror(refusal))
      throw .system("run", path: words[0], reason: reason)
    }
    let end = try wait(for: child)
    let said = String(decoding: try contents(of: files[2]), as: UTF8.self)
    return Outcome(
      status: end & 0x7f == 0 ? end >> 8 & 0xff : 128 + end & 0x7f, output: try contents(of: files[1]),
      complaints: said.split(whereSeparator: \.isNewline).joined(separator: " "))
  }

  private func wait(for child: pid_t) throws(DataError) -> Int32 {
    var end: Int32 = 0
    while true {
      let ended = waitpid(child, &end, WNOHANG)
      if ended == child { return end }
      if ended < 0, errno != EINTR { throw .lastFailure("wait for", words[0]) }
      if Engine.current.isInterrupted {
        kill(-child, SIGKILL)
        while waitpid(child, &end, 0) < 0, errno == EINTR {}
        throw .tensor(.interrupted)
      }
      usleep(2000)
    }
  }

  // A file that is gone when it is closed.
  private func unnamedFile() throws(DataError) -> Int32 {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    for place in [folder, "/tmp"] {
      var path = Array("\(place)/ebbtide-XXXXXX".utf8CString)
      let file = path.withUnsafeMutableBufferPointer { mkstemp($0.baseAddress!) }
      guard file >= 0 else { continue }
      _ = fcntl(file, F_SETFD, FD_CLOEXEC)
      unlink(path)
      return file
    }
    throw .lastFailure("write in", folder)
  }

  private func contents(of file: Int32) throws(DataError) -> [UInt8] {
    let size = Int(lseek(file, 0, SEEK_END))
    lseek(file, 0, SEEK_SET)
    var position = 0
    var bytes = [UInt8](repeating: 0, count: max(size, 0))
    while position < bytes.count {
      let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress! + position, $0.count - position) }
      guard count > 0 else { throw .lastFailure("read from", words[0]) }
      position += count
    }
    return bytes
  }
}
