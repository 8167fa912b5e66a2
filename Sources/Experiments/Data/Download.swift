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
  let words = [
    "curl", "--fail", "--location", "--silent", "--show-error", "--proto", "=http,https,file", "--connect-timeout", "30",
    "--speed-limit", "1", "--speed-time", "60", "--output", path, "--", address,
  ]
  let outcome = try ChildProcess(words: words, advice: "install it, or fetch the files by hand").run()
  if outcome.status == 0 { return nil }
  return outcome.complaints.isEmpty ? "curl stopped with status \(outcome.status)" : outcome.complaints
}
