import Arrays
import Glibc

/// A file that can be fetched when it is missing, and is known by its digest.
struct RemoteFile: Sendable {
  /// Its name, which is appended to the addresses of folders.
  var name: String
  /// What its contents must have.
  var digest: Digest

  /// Fetches the file into a folder, from the first address that answers, through the program `curl`. It gets its name only when all of
  /// it has come and its digest is right; otherwise nothing stays.
  /// - Parameter mirrors: the addresses of folders (http, https or file).
  /// - Throws: `DataError.download` with what every address answered, `.system` when the folder can't be written.
  func download(from mirrors: [String], to folder: String) throws(DataError) {
    try makeFolder(folder)
    let target = "\(folder)/\(name)"
    var answers: [String] = []
    for mirror in mirrors {
      let address = mirror + (mirror.hasSuffix("/") ? "" : "/") + name
      let (file, temporary) = try WholeFile.createTemporary(in: folder, for: target)
      close(file)
      do throws(DataError) {
        if let complaint = try runCurl(address, to: temporary) {
          answers.append("\(address): \(complaint)")
        } else {
          let contents = try readFile(temporary)
          if digest.matches(contents) { return try WholeFile.move(temporary, to: target) }
          answers.append(
            "\(address): \(contents.count) bytes came with \(digest.ofSameKind(contents)), expected \(digest):"
              + " it is damaged or another file")
        }
        unlink(temporary)
      } catch {
        unlink(temporary)
        throw error
      }
    }
    throw .download(name, answers)
  }
}

/// Fetches an address into a file; answers what curl complained about, nil when all went well. Stops when the user interrupts.
private func runCurl(_ address: String, to path: String) throws(DataError) -> String? {
  var ends: [Int32] = [-1, -1]
  guard pipe(&ends) == 0 else { throw .lastFailure("download to", path) }
  defer { close(ends[0]) }
  for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }

  // No shell comes between; stdin is empty, and what it prints goes into the pipe.
  let words = [
    "curl", "--fail", "--location", "--silent", "--show-error", "--proto", "=http,https,file", "--connect-timeout", "30",
    "--speed-limit", "1", "--speed-time", "60", "--output", path, "--", address,
  ]
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
  posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
  var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
  defer { for word in arguments { free(word) } }
  var child: pid_t = 0
  let status = posix_spawnp(&child, "curl", &actions, nil, &arguments, environ)
  close(ends[1])
  guard status == 0 else {
    let advice = "there is no program curl in PATH; install it, or fetch the files by hand"
    throw .system("download to", path: path, reason: status == ENOENT ? advice : String(cString: strerror(status)))
  }
  var exit: Int32 = 0
  while waitpid(child, &exit, WNOHANG) == 0 {
    if Engine.current.isInterrupted {
      kill(child, SIGKILL)
      waitpid(child, &exit, 0)
      throw .tensor(.interrupted)
    }
    usleep(5000)
  }
  if exit == 0 { return nil }
  var text = [UInt8](repeating: 0, count: 2000)
  let count = text.withUnsafeMutableBytes { read(ends[0], $0.baseAddress!, $0.count) }
  let said = String(decoding: text.prefix(max(count, 0)), as: UTF8.self).split(separator: "\n").joined(separator: " ")
  return said.isEmpty ? "curl stopped with status \(exit >> 8 & 0xff)" : said
}
